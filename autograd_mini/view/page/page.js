// The walk: which step it is, and what is known of boxes, arrows and groups then.

const story = JSON.parse(document.getElementById("story").textContent);
const find = (id) => document.getElementById(id);
const boxes = new Map(story.boxes.map((box) => [box.key, box]));
const groups = new Map(story.groups.map((group) => [group.key, group]));
const firstBackward = story.steps.findIndex((step) => step.phase === "backward");
const inputsOf = new Map(story.boxes.map((box) => [box.key, []])), usersOf = new Map(story.boxes.map((box) => [box.key, []]));
for (const arrow of story.arrows) {
  inputsOf.get(arrow.target).push(arrow);
  usersOf.get(arrow.source).push(arrow);
}
for (const group of story.groups) group.box = { key: group.key, kind: "group", name: group.name, operation: "", shape: "", arrivals: [], members: [] };
for (const box of story.boxes) {
  Object.assign(box, { arrivals: [], computed: -1 });
  for (const place of placesOf(box)) groups.get(place).box.members.push(box);
}
story.steps.forEach((step, i) => {
  if (step.phase === "forward") boxes.get(step.at).computed = i;
  for (const use of step.uses ?? []) if (use.sum) boxes.get(use.to).arrivals.push({ step: i, sum: use.sum });
});
for (const box of story.boxes) {
  if (box.kind === "constant") box.computed = Math.min(...usersOf.get(box.key).map((arrow) => boxes.get(arrow.target).computed));
  box.ends = box.arrivals.at(-1)?.sum;
  sizeOfBox(box);
}
for (const { box } of story.groups) {
  const count = box.members.filter((one) => one.kind === "operation").length;
  box.rows = [["", `${count} operation${count === 1 ? "" : "s"}`]];
  box.computed = Math.max(-1, ...box.members.map((one) => one.computed));
  box.result = box.members.some((one) => one.result);
  sizeOfBox(box);
}

let now = 0, chosen = null, playing = null, told = null;
let scene = { step: null, at: null, takes: new Set(), parts: new Set(), found: new Set() }; // what is special in the picture

// Return the groups that a box is in, the outermost first.
function placesOf(box) {
  const around = [];
  for (let place = box.place; place; place = groups.get(place).parent) around.unshift(place);
  return around;
}

// Return what stands for a box: itself, or the outermost folded group that it is in.
const standsFor = (key) => placesOf(boxes.get(key)).find((place) => !groups.get(place).open) ?? key;
const boxFor = (key) => boxes.get(key) ?? groups.get(key).box;
const gradientAt = (box, step) => box.arrivals.findLast((one) => one.step <= step)?.sum ?? null;

// Return the arrows through which values come in at a step, or gradients go back: none to where no gradient goes.
function arrowsOf(step) {
  const to = new Set((step?.uses ?? []).map((use) => use.to)), back = step?.phase === "backward";
  if (!step || step.start) return [];
  return inputsOf.get(step.at).filter((arrow) => !arrow.dashed && (!back || to.has(arrow.source)));
}

// Show everything as it stands after this step.
function update() {
  const step = story.steps[now];
  const lines = arrowsOf(step).map((arrow) => drawn.lines.get(arrow)).filter(Boolean);
  scene = {
    step, at: step && standsFor(step.at), focus: chosen ? standsFor(chosen) : step && standsFor(step.at),
    takes: new Set((step?.uses ?? []).map((use) => standsFor(use.to))),
    parts: new Set(lines.flatMap(partsOf)), found: new Set(searched.found.map(standsFor)),
  };
  paint();
  if (told !== step) tell(step); // a screen reader is told no step twice
  told = step;
  tellChosen();
}

function go(step) {
  now = Math.max(0, Math.min(story.steps.length - 1, Math.round(step)));
  const slider = find("slider"), about = story.steps[now];
  slider.value = now;
  const part = about?.phase === "backward" ? story.steps.length - firstBackward : firstBackward < 0 ? story.steps.length : firstBackward;
  const i = about?.phase === "backward" ? now - firstBackward + 1 : now + 1;
  find("where").textContent = about ? `${about.phase} ${i} of ${part}` : "";
  slider.setAttribute("aria-valuetext", about ? `${about.phase} ${i} of ${part}: ${about.title}` : "");
  update();
  if (about) bringIntoView(standsFor(about.at));
}

// What the user asks for, while it plays too.
function walk(step) {
  if (playing) play(false);
  go(step);
}

function play(on = !playing) {
  clearInterval(playing);
  playing = on ? setInterval(() => (now < story.steps.length - 1 ? go(now + 1) : play(false)), 900) : null;
  if (on && now >= story.steps.length - 1) go(0);
  find("play").textContent = playing ? "pause" : "play";
}

// Choose a box, or none.
function choose(key, center = false) {
  chosen = key;
  if (key && center) reveal(key);
  update();
  if (!key || !center) return;
  bringIntoView(standsFor(key), true);
  paint();
  boxFor(standsFor(key)).g?.focus({ preventScroll: true });
}

// Open the groups around a box.
function reveal(key) {
  const folded = placesOf(boxes.get(key)).filter((place) => !groups.get(place).open);
  for (const place of folded) groups.get(place).open = true;
  if (folded.length) drawAll();
}
