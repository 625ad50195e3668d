// The walk: which step it is, what each box shows then, what the panel says; keys, slider, search and groups.

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
for (const box of story.boxes) Object.assign(box, { arrivals: [], computed: box.kind === "constant" ? Infinity : -1 });
story.steps.forEach((step, i) => {
  if (step.phase === "forward") boxes.get(step.at).computed = i;
  for (const use of step.uses ?? []) if (use.sum) boxes.get(use.to).arrivals.push({ step: i, sum: use.sum });
});
for (const box of story.boxes) {
  if (box.kind === "constant") box.computed = Math.min(...usersOf.get(box.key).map((arrow) => boxes.get(arrow.target).computed));
  box.ends = box.arrivals.at(-1)?.sum;
  sizeOfBox(box);
}
for (const group of story.groups) {
  const members = story.boxes.filter((box) => box.place === group.key || box.place.startsWith(`${group.key}/`));
  const count = members.filter((box) => box.kind === "operation").length;
  const text = `${count} operation${count === 1 ? "" : "s"}`;
  group.box = { key: group.key, kind: "group", name: group.name, operation: "", shape: "", rows: [["", text]], arrivals: [], members };
  group.box.computed = Math.max(-1, ...members.map((box) => box.computed));
  group.box.result = members.some((box) => box.result);
  sizeOfBox(group.box);
}

const graph = find("graph"), world = find("world");
let now = 0, chosen = null, playing = null, drawn = null, view = { x: 0, y: 0, scale: 1 };
let scene = { step: null, at: null, takes: new Set(), arrows: new Set(), found: new Set() }; // what is special about some boxes

// ------------------------------------------------------------------------------------------------ The picture

// Return what stands for a box: itself, or the outermost folded group that it is in.
function standsFor(key) {
  const around = [];
  for (let place = boxes.get(key).place; place; place = groups.get(place).parent) around.unshift(place);
  return around.find((place) => !groups.get(place).open) ?? key;
}

function drawAll() {
  const size = (item) => { const { w, h } = boxFor(item); return [w, h]; };
  drawn = placeAll(story, size, (key) => groups.get(key).open);
  drawn.parts = planArrows();
  redraw();
}

// Draw afresh what has its place: the colours of heat maps are those of the theme.
function redraw() {
  for (const id of ["frames", "arrows", "boxes"]) find(id).replaceChildren();
  for (const [key, place] of drawn.frames) {
    const g = element("g", { class: "frame", "data-key": key }, find("frames"));
    element("rect", { x: place.x, y: place.y, width: place.w, height: place.h, rx: 8 }, g);
    const text = element("text", { x: place.x + 10, y: place.y + 14, tabindex: 0, role: "button", "aria-label": `${groups.get(key).name}, open; Enter folds it` }, g, `▾ ${groups.get(key).name}`);
    text.onclick = () => toggle(key);
    text.onkeydown = (event) => { if (event.key === "Enter") { event.stopPropagation(); toggle(key); } };
  }
  for (const one of [...[...drawn.boxes.keys()].map(boxFor), ...drawn.parts]) one.g = null;
  update();
}

const boxFor = (key) => boxes.get(key) ?? groups.get(key).box;

// Return a test whether a place can be seen, or nearly. The size of the window is read once, before anything changes.
function sight() {
  const margin = 60, { x, y, scale } = view;
  const left = (-margin - x) / scale, right = (graph.clientWidth + margin - x) / scale;
  const top = (-margin - y) / scale, bottom = (graph.clientHeight + margin - y) / scale;
  return (place) => place.x < right && place.x + place.w > left && place.y < bottom && place.y + place.h > top;
}

// Keep in the picture what can be seen, and show it as it stands after this step. From far away, boxes have no text.
function paint() {
  const inSight = sight();
  world.classList.toggle("far", view.scale < 0.3);
  for (const [key, place] of drawn.boxes) {
    const box = boxFor(key);
    if (inSight(place)) {
      box.g ??= drawBox(box, place);
      if (!box.g.parentNode) find("boxes").append(box.g);
      refresh(key, box);
    } else if (box.g !== document.activeElement) box.g?.remove();
  }
  for (const part of drawn.parts) {
    if (inSight(part.place)) {
      part.g ??= drawPart(part);
      if (!part.g.parentNode) find("arrows").append(part.g);
      refreshPart(part, scene);
    } else part.g?.remove();
  }
}

function toggle(key, open = !groups.get(key).open) {
  groups.get(key).open = open;
  drawAll();
  (open ? find("frames").querySelector(`[data-key="${CSS.escape(key)}"] text`) : groups.get(key).box.g)?.focus();
}

function setAll(open) {
  for (const group of story.groups) if (group.key) group.open = open;
  drawAll();
  start();
}

// ------------------------------------------------------------------------------------------------ A step

const gradientAt = (box, step) => box.arrivals.findLast((one) => one.step <= step)?.sum ?? null;

function update() {
  const step = story.steps[now];
  scene = { ...scene, step, at: step && standsFor(step.at), takes: new Set((step?.uses ?? []).map((use) => standsFor(use.to))) };
  scene.arrows = new Set(step?.start ? [] : (inputsOf.get(step?.at) ?? []).filter((arrow) => !arrow.dashed));
  paint();
  tell(step);
  if (chosen) tellChosen();
}

// Show a box as it stands: only what differs from before is touched.
function refresh(key, box) {
  const { at, takes } = scene, gradient = gradientAt(box, now), here = box.computed <= now;
  const state = [here, key === at, takes.has(key) && key !== at, key === chosen, scene.found.has(key)].join();
  if (state === box.g.state && gradient === box.g.gradient) return;
  box.g.state = state;
  box.g.gradient = gradient;
  ["later", "now", "takes", "chosen", "found"].forEach((name, i) => box.g.classList.toggle(name, (state.split(",")[i] === "true") !== (i === 0)));
  fill(box.parts.value, here ? box.value : null);
  fill(box.parts.gradient, gradient);
  box.g.setAttribute("aria-label", described(box, here, gradient));
  box.g.setAttribute("tabindex", key === (chosen ?? at) ? 0 : -1);
}

function described(box, here, gradient) {
  const what = [box.name, box.operation].filter(Boolean).join(": ") || box.kind;
  if (box.kind === "group") return `${what}, a folded group, ${box.rows[0][1]}; Enter opens it`;
  const value = here && box.value ? `, value ${box.value.text}` : "";
  return `${what}${box.shape ? `, ${box.shape}` : ""}${value}${gradient ? `, gradient ${gradient.text}` : ""}`;
}

function go(step, follow = true) {
  now = Math.max(0, Math.min(story.steps.length - 1, Math.round(step)));
  const slider = find("slider"), about = story.steps[now];
  slider.value = now;
  const part = about?.phase === "backward" ? story.steps.length - firstBackward : firstBackward < 0 ? story.steps.length : firstBackward;
  const i = about?.phase === "backward" ? now - firstBackward + 1 : now + 1;
  find("where").textContent = about ? `${about.phase} ${i} of ${part}` : "";
  slider.setAttribute("aria-valuetext", about ? `${about.phase} ${i} of ${part}: ${about.title}` : "");
  update();
  if (follow && about) bringIntoView(standsFor(about.at));
}

function play(on = !playing) {
  clearInterval(playing);
  playing = on ? setInterval(() => (now < story.steps.length - 1 ? go(now + 1) : play(false)), 900) : null;
  if (on && now >= story.steps.length - 1) go(0);
  find("play").textContent = playing ? "pause" : "play";
}

// ------------------------------------------------------------------------------------------------ The panel

const math = (...lines) => lines.filter(Boolean).map((line) => html("p", { class: "math" }, line));

function fraction(above, below) {
  const space = "http://www.w3.org/1998/Math/MathML", make = (name, ...children) => {
    const made = document.createElementNS(space, name);
    made.append(...children);
    return made;
  };
  return make("math", make("mfrac", make("mi", above), make("mi", below)));
}

// A formula as MathML where there is one, with its words for a screen reader that reads none.
function formula(markup, words) {
  if (!markup) return words;
  const math = document.createElementNS("http://www.w3.org/1998/Math/MathML", "math");
  math.innerHTML = markup;
  math.setAttribute("aria-label", words);
  math.setAttribute("displaystyle", "true");
  return math;
}

function jump(key) {
  const box = boxes.get(key);
  return html("button", { type: "button", class: "link", onclick: () => choose(key, true) }, box.name || box.operation || box.kind);
}

// An array in the panel: what sums it up, a heat map with its numbers at the pointer, and a table of them.
function shown(picture, label) {
  if (!picture) return null;
  if (!hasCells(picture)) return html("p", { class: "math", title: picture.cells ? textOfNumber(picture.cells[0][0]) : "" }, `${label} = ${picture.text}`);
  const canvas = heat(picture), cell = side(picture, 240, 22);
  canvas.className = "heat";
  canvas.style.width = `${picture.cells[0].length * cell}px`;
  canvas.style.height = `${picture.cells.length * cell}px`;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `heat map of ${label}: ${picture.text}`);
  canvas.onmousemove = (event) => tip(event, picture, event.offsetX / canvas.clientWidth, event.offsetY / canvas.clientHeight);
  canvas.onmouseleave = hideTip;
  const table = html("details", { class: "numbers" }, html("summary", {}, "numbers"));
  table.ontoggle = () => {
    if (table.open && table.children.length === 1) table.append(html("div", {}, html("table", {}, ...picture.cells.map((row, i) => html("tr", {}, ...row.map((x, j) => html("td", { title: cellText(picture, i, j) }, textOfNumber(x))))))));
  };
  return html("div", {}, html("p", { class: "where" }, `${label}: (${picture.shape.join(", ")}) ${picture.text}`), canvas, table);
}

function whereAndHow(box) {
  return box.source || box.line ? [html("p", { class: "where" }, box.line ?? ""), box.source ? html("pre", { class: "code" }, box.source) : null] : [];
}

function tell(step) {
  const panel = find("step");
  if (!step) return panel.replaceChildren(html("p", {}, "there is nothing to walk through"));
  const box = boxes.get(step.at);
  const parts = [html("div", { class: "phase" }, step.phase === "forward" ? "forward pass" : "backward pass"), html("h2", {}, step.title)];
  if (step.phase === "forward") {
    parts.push(...math(...(step.lines ?? [])), ...whereAndHow(box), shown(box.value, box.name || "value"));
  } else {
    if (step.g) parts.push(shown(step.g, `g, the gradient of ${story.result} by ${box.name}`));
    for (const use of step.uses ?? []) parts.push(card(use));
    parts.push(...math(...(step.lines ?? [])), ...whereAndHow(box));
  }
  panel.replaceChildren(...parts.filter(Boolean));
}

// What one use of a value adds to its gradient.
function card(use) {
  if (!use.gives) return html("div", { class: "card only" }, jump(use.to), html("p", { class: "where" }, use.words), shown(use.sum, "gradient"));
  const scalar = !hasCells(use.gives), line = (...parts) => html("p", { class: "math" }, ...parts);
  const rule = line(fraction(...use.symbol), use.before ? " gets, added to what it has, " : " gets ", formula(use.math, use.words));
  const numbers = scalar ? line("= ", ...(use.numbers ? [formula(use.math_numbers, use.numbers), " = "] : []), use.gives.text) : null;
  const told = use.before && scalar ? line(html("b", {}, `sum so far: ${use.before} + ${use.gives.text} = ${use.sum.text}`)) : null;
  return html("div", { class: "card" }, jump(use.to), rule, numbers, scalar ? null : shown(use.gives, "it adds"), told ?? (use.before ? shown(use.sum, "sum so far") : null));
}

function choose(key, center = false) {
  chosen = key;
  if (center) {
    reveal(key);
    bringIntoView(key, true);
  }
  update();
  tellChosen();
}

function reveal(key) {
  let opened = false;
  for (let place = boxes.get(key)?.place; place; place = groups.get(place).parent) if (!groups.get(place).open) opened = groups.get(place).open = true;
  if (opened) drawAll();
}

function tellChosen() {
  const panel = find("chosen"), box = boxes.get(chosen);
  panel.hidden = !box;
  if (!box) return;
  const parts = [html("h3", {}, `chosen: ${[box.name, box.operation].filter(Boolean).join(": ") || box.kind}`)];
  if (box.computed <= now) parts.push(shown(box.value, "value"));
  parts.push(shown(gradientAt(box, now), "gradient so far"));
  const last = box.arrivals.at(-1), gone = box.arrivals.filter((one) => one.step <= now).length;
  if (last) parts.push(html("p", { class: "where" }, `${gone} of ${box.arrivals.length} part${box.arrivals.length === 1 ? "" : "s"} of its gradient arrived; `, html("button", { type: "button", class: "link", onclick: () => go(last.step) }, `complete at step ${last.step + 1}`)));
  if (box.computed >= 0 && Number.isFinite(box.computed)) parts.push(html("p", { class: "where" }, html("button", { type: "button", class: "link", onclick: () => go(box.computed) }, `computed at step ${box.computed + 1}`)));
  panel.replaceChildren(...[...parts, ...whereAndHow(box)].filter(Boolean));
}

// ------------------------------------------------------------------------------------------------ Looking around

// Show what the view says, once before the next frame.
function look() {
  world.setAttribute("transform", `translate(${view.x},${view.y}) scale(${view.scale})`);
  if (!look.due) look.due = requestAnimationFrame(() => { look.due = 0; paint(); });
}

function fit() {
  const room = graph.getBoundingClientRect();
  const scale = Math.min((room.width - 40) / Math.max(drawn.w, 1), (room.height - 40) / Math.max(drawn.h, 1), 1.4);
  view = { scale, x: (room.width - drawn.w * scale) / 2, y: (room.height - drawn.h * scale) / 2 };
  look();
}

// Show everything if that can be read, else what this step is about.
function start() {
  fit();
  if (view.scale >= 0.45 || !story.steps.length) return;
  view.scale = 0.8;
  bringIntoView(standsFor(story.steps[now].at), true);
}

function zoom(factor, x = graph.clientWidth / 2, y = graph.clientHeight / 2) {
  const scale = Math.max(0.01, Math.min(8, view.scale * factor));
  view = { scale, x: x - ((x - view.x) * scale) / view.scale, y: y - ((y - view.y) * scale) / view.scale };
  look();
}

function move(dx, dy) {
  view.x += dx;
  view.y += dy;
  look();
}

function bringIntoView(key, always = false) {
  const place = drawn.boxes.get(key), room = graph.getBoundingClientRect();
  if (!place) return;
  const left = place.x * view.scale + view.x, top = place.y * view.scale + view.y;
  const inside = left > 0 && top > 0 && left + place.w * view.scale < room.width && top + place.h * view.scale < room.height;
  if (inside && !always) return;
  view.x = room.width / 2 - (place.x + place.w / 2) * view.scale;
  view.y = room.height / 2 - (place.y + place.h / 2) * view.scale;
  look();
}

function tip(event, picture, x, y) {
  const rows = picture.cells.length, columns = picture.cells[0].length, bubble = find("tooltip");
  const row = Math.min(rows - 1, Math.max(0, Math.floor(y * rows))), column = Math.min(columns - 1, Math.max(0, Math.floor(x * columns)));
  say(event, cellText(picture, row, column), bubble);
}

function say(event, text, bubble = find("tooltip")) {
  bubble.textContent = text;
  bubble.hidden = !text;
  bubble.style.left = `${Math.min(event.clientX + 14, innerWidth - bubble.offsetWidth - 8)}px`;
  bubble.style.top = `${Math.min(event.clientY + 16, innerHeight - bubble.offsetHeight - 8)}px`;
}

function hideTip() {
  find("tooltip").hidden = true;
}

const boxOf = (target) => {
  const key = target.closest?.(".box")?.dataset.key;
  return key === undefined ? null : boxFor(key);
};
