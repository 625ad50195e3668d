// What the user does: pointer, wheel, keys, search, buttons. At the end, the page starts.

const searched = { found: [], next: 0 };

function search() {
  const text = find("search").value.trim().toLowerCase();
  const about = (box) => [box.name, box.operation, box.shape, box.line, box.source, ...placesOf(box).map((place) => groups.get(place).name)].join(" ").toLowerCase();
  searched.found = text ? story.boxes.filter((box) => about(box).includes(text)).map((box) => box.key) : [];
  searched.next = 0;
  find("found").textContent = text ? `${searched.found.length} found` : "";
  update();
}

function goToFound() {
  if (!searched.found.length) return;
  choose(searched.found[searched.next], true);
  searched.next = (searched.next + 1) % searched.found.length;
  find("search").focus({ preventScroll: true });
}

function act(key) {
  if (groups.has(key)) toggle(key);
  else choose(chosen === key ? null : key);
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  colours.clear();
  told = null;
  redraw();
}

// From a chosen box to what it uses, or to what uses it; and to those beside it.
const near = { keys: [], i: 0 };

function walkTo(arrows, end) {
  const from = chosen ?? document.activeElement?.dataset?.key ?? story.steps[now]?.at;
  const keys = [...new Set((arrows.get(from) ?? []).map((arrow) => arrow[end]))];
  const isConstant = (key) => boxes.get(key).kind === "constant";
  near.keys = [...keys.filter((key) => !isConstant(key)), ...keys.filter(isConstant)];
  near.i = 0;
  if (near.keys.length) choose(near.keys[0], true);
}

function walkBeside(by) {
  if (near.keys[near.i] !== chosen) return;
  near.i = (near.i + by + near.keys.length) % near.keys.length;
  choose(near.keys[near.i], true);
}

const KEYS = {
  ArrowRight: () => walk(now + 1), ArrowLeft: () => walk(now - 1), Home: () => walk(0), End: () => walk(story.steps.length - 1),
  b: () => firstBackward >= 0 && walk(firstBackward), " ": () => play(), "+": () => zoom(1.25), "=": () => zoom(1.25),
  "-": () => zoom(0.8), 0: fit, d: () => find("theme").click(), "/": () => find("search").focus(),
  ArrowUp: () => walkTo(inputsOf, "source"), ArrowDown: () => walkTo(usersOf, "target"),
  ",": () => walkBeside(-1), ".": () => walkBeside(1), Escape: () => choose(null),
};
const MOVES = { ArrowRight: [-80, 0], ArrowLeft: [80, 0], ArrowUp: [0, 80], ArrowDown: [0, -80] };

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.id === "search") return;
  const presses = event.key === " " || event.key === "Enter";
  if (presses && ["BUTTON", "SUMMARY"].includes(event.target.tagName)) return;
  if (event.target.id === "slider" && (MOVES[event.key] || event.key === "Home" || event.key === "End")) return;
  if (event.shiftKey && MOVES[event.key]) move(...MOVES[event.key]);
  else if (presses && boxOf(event.target)) act(boxOf(event.target).key);
  else if (KEYS[event.key]) KEYS[event.key]();
  else return;
  event.preventDefault();
});

find("search").addEventListener("input", search);
find("search").addEventListener("keydown", (event) => {
  if (event.key === "Enter") goToFound();
  if (event.key !== "Escape") return;
  event.target.value = "";
  search();
  event.target.blur();
});
find("slider").addEventListener("input", (event) => walk(Number(event.target.value)));
for (const [id, does] of Object.entries({
  first: () => walk(0), back: () => walk(now - 1), on: () => walk(now + 1), last: () => walk(story.steps.length - 1), play: () => play(),
  fold: () => setAll(false), unfold: () => setAll(true), closer: () => zoom(1.25), farther: () => zoom(0.8), fit,
  theme: () => setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"),
})) find(id).addEventListener("click", does);

graph.addEventListener("wheel", (event) => {
  event.preventDefault();
  const room = graph.getBoundingClientRect();
  zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)), event.clientX - room.left, event.clientY - room.top);
}, { passive: false });

// One pointer drags, two pinch; a press that doesn't move is a click.
const pointers = new Map();
let travelled = 0;
graph.addEventListener("pointerdown", (event) => {
  pointers.set(event.pointerId, event);
  if (pointers.size === 1) travelled = 0;
});
graph.addEventListener("pointermove", (event) => {
  const before = pointers.get(event.pointerId);
  if (!before) return pointAt(event);
  const dx = event.clientX - before.clientX, dy = event.clientY - before.clientY;
  travelled += Math.hypot(dx, dy);
  if (travelled > 4 && !graph.hasPointerCapture(event.pointerId)) graph.setPointerCapture(event.pointerId);
  if (pointers.size === 1) move(dx, dy);
  else {
    const other = [...pointers.values()].find((one) => one.pointerId !== event.pointerId);
    const far = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
    const room = graph.getBoundingClientRect();
    zoom(far(event) / Math.max(far(before), 1), other.clientX - room.left, other.clientY - room.top);
  }
  pointers.set(event.pointerId, event);
  graph.classList.toggle("dragged", travelled > 4);
});
for (const end of ["pointerup", "pointercancel"]) graph.addEventListener(end, (event) => {
  pointers.delete(event.pointerId);
  graph.classList.remove("dragged");
});
graph.addEventListener("pointerleave", hideTip);
graph.addEventListener("click", (event) => {
  if (travelled > 4) return;
  const box = boxOf(event.target);
  if (box) act(box.key);
  else if (chosen) choose(null);
});

// Over a heat map the number there, else the line of code.
function pointAt(event) {
  const box = boxOf(event.target);
  if (!box) return hideTip();
  const picture = event.target.tagName === "image" && event.target.shown;
  if (picture) {
    const room = event.target.getBoundingClientRect();
    tip(event, picture, (event.clientX - room.left) / room.width, (event.clientY - room.top) / room.height);
  } else {
    const exact = box.value?.cells && !hasCells(box.value) && box.computed <= now ? `value ${textOfNumber(box.value.cells[0][0])}` : "";
    const g = gradientAt(box, now), sum = g?.cells && !hasCells(g) ? `gradient ${textOfNumber(g.cells[0][0])}` : "";
    say(event, [[box.line, box.source].filter(Boolean).join(": "), exact, sum].filter(Boolean).join("\n"));
  }
}

find("totals").textContent = story.totals;
find("notes").append(...story.notes.map((note) => html("li", {}, note)));
find("slider").max = Math.max(story.steps.length - 1, 0);
for (const id of ["fold", "unfold"]) find(id).hidden = story.groups.length < 2;
document.documentElement.dataset.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
drawAll();
start();
go(0);
// A view that showed everything goes on doing so; any other keeps this step in sight.
new ResizeObserver(() => {
  if (view.fitted) start();
  else if (story.steps.length) bringIntoView(standsFor(story.steps[now].at));
  look();
}).observe(graph);

// On paper: everything, in light colours.
let before = null;
addEventListener("beforeprint", () => {
  before = { view, theme: document.documentElement.dataset.theme };
  setTheme("light");
  graph.setAttribute("viewBox", `-10 -10 ${drawn.w + 20} ${drawn.h + 20}`);
  view = { x: 0, y: 0, scale: 1, all: true };
  show();
});
addEventListener("afterprint", () => {
  graph.removeAttribute("viewBox");
  view = before.view;
  setTheme(before.theme);
  show();
});

// For scripts of a teacher's own: stepThrough.go(3), stepThrough.gradient("w").
window.stepThrough = {
  go,
  steps: story.steps.length,
  step: () => now,
  gradient: (name) => {
    const box = story.boxes.find((one) => one.name === name);
    if (!box) throw new Error(`no box is named "${name}"; there are ${story.boxes.map((one) => one.name).filter(Boolean).join(", ")}`);
    return gradientAt(box, now)?.cells ?? null;
  },
};
