// The picture: what is drawn of it, how it stands at this step, and from where it is looked at.

const graph = find("graph"), world = find("world");
let drawn = null, view = { x: 0, y: 0, scale: 1, fitted: true };

// Give everything its place, and draw it.
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
    const g = element("g", { class: "frame", "data-key": key }, find("frames")), { name } = groups.get(key);
    element("rect", { x: place.x, y: place.y, width: place.w, height: place.h, rx: 8 }, g);
    const text = element("text", { x: place.x + 10, y: place.y + 14, tabindex: 0, role: "button", "aria-expanded": true, "aria-label": `${name}, an open group` }, g, `▾ ${name}`);
    text.onclick = () => toggle(key);
    text.onkeydown = (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      toggle(key);
    };
  }
  for (const one of [...[...drawn.boxes.keys()].map(boxFor), ...drawn.parts.values()]) one.g = null;
  update();
}

// Return a test whether a place can be seen, or nearly. The size of the window is read once, before anything changes.
function sight() {
  const margin = 60, { x, y, scale } = view;
  if (view.all) return () => true;
  const left = (-margin - x) / scale, right = (graph.clientWidth + margin - x) / scale;
  const top = (-margin - y) / scale, bottom = (graph.clientHeight + margin - y) / scale;
  return (place) => place.x < right && place.x + place.w > left && place.y < bottom && place.y + place.h > top;
}

// Keep in the picture what can be seen and what has the focus, in the order of the layers, and show it as it stands
// after this step. From far away, boxes have no text.
function paint() {
  const inSight = sight();
  world.classList.toggle("far", view.scale < 0.3);
  const wanted = [...drawn.boxes].filter(([key, place]) => inSight(place) || key === scene.focus);
  keep(find("boxes"), wanted.map(([key, place]) => {
    const box = boxFor(key);
    box.g ??= drawBox(box, place);
    refresh(key, box);
    return box.g;
  }));
  const parts = [...drawn.parts].filter(([, part]) => inSight(part.place));
  keep(find("arrows"), parts.map(([name, part]) => {
    part.g ??= drawPart(part);
    refreshPart(part, scene.parts.has(name) ? scene.step.phase : "");
    return part.g;
  }));
}

// Let an element have these children and no others, without moving those that stay.
function keep(parent, children) {
  const wanted = new Set(children);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  let next = parent.firstChild;
  for (const child of children) {
    if (child === next) next = next.nextSibling;
    else parent.insertBefore(child, next);
  }
}

// Show a box as it stands: only what differs from before is touched.
function refresh(key, box) {
  const { at, takes, found, focus } = scene, gradient = gradientAt(box, now);
  const states = { later: box.computed > now, now: key === at, takes: takes.has(key) && key !== at, chosen: key === chosen, found: found.has(key), focus: key === focus };
  const state = JSON.stringify(states);
  if (state === box.g.state && gradient === box.g.gradient) return;
  box.g.state = state;
  box.g.gradient = gradient;
  for (const name of ["later", "now", "takes", "chosen", "found"]) box.g.classList.toggle(name, states[name]);
  fill(box.parts.value, states.later ? null : box.value);
  fill(box.parts.gradient, gradient);
  box.g.setAttribute("aria-label", described(box, !states.later, gradient));
  box.g.setAttribute("tabindex", states.focus ? 0 : -1);
  if (box.kind !== "group") box.g.setAttribute("aria-pressed", states.chosen);
  if (states.now) box.g.setAttribute("aria-current", "step");
  else box.g.removeAttribute("aria-current");
}

// A box in words.
function described(box, here, gradient) {
  const what = nameOf(box);
  if (box.kind === "group") return `${what}, a folded group, ${box.rows[0][1]}`;
  const from = inputsOf.get(box.key).map((arrow) => nameOf(boxes.get(arrow.source)));
  const parts = [what, box.shape, from.length && `of ${from.slice(0, 5).join(" and ")}${from.length > 5 ? " and others" : ""}`, here && box.value && `value ${box.value.text}`, gradient && `gradient ${gradient.text}`];
  return parts.filter(Boolean).join(", ");
}

const nameOf = (box) => headingOf(box) || (box.kind === "constant" ? `constant ${box.value.text}` : box.kind);

function toggle(key, open = !groups.get(key).open) {
  groups.get(key).open = open;
  drawAll();
  (open ? find("frames").querySelector(`[data-key="${CSS.escape(key)}"] text`) : groups.get(key).box.g)?.focus({ preventScroll: true });
}

function setAll(open) {
  for (const group of story.groups) if (group.key) group.open = open;
  drawAll();
  start();
}

// Show what the view says.
function show() {
  world.setAttribute("transform", `translate(${view.x},${view.y}) scale(${view.scale})`);
  paint();
}

// The same, once before the next frame.
function look() {
  if (!look.due) look.due = requestAnimationFrame(() => { look.due = 0; show(); });
}

function fit() {
  const room = graph.getBoundingClientRect();
  const scale = Math.min((room.width - 40) / Math.max(drawn.w, 1), (room.height - 40) / Math.max(drawn.h, 1), 1.4);
  view = { scale, x: (room.width - drawn.w * scale) / 2, y: (room.height - drawn.h * scale) / 2, fitted: true };
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
  view = { scale: view.scale, x: view.x + dx, y: view.y + dy };
  look();
}

function bringIntoView(key, always = false) {
  const place = drawn.boxes.get(key), room = graph.getBoundingClientRect();
  if (!place) return;
  const left = place.x * view.scale + view.x, top = place.y * view.scale + view.y;
  const inside = left > 0 && top > 0 && left + place.w * view.scale < room.width && top + place.h * view.scale < room.height;
  if (inside && !always) return;
  const { scale } = view;
  view = { scale, x: room.width / 2 - (place.x + place.w / 2) * scale, y: room.height / 2 - (place.y + place.h / 2) * scale };
  look();
}

function tip(event, picture, x, y) {
  const rows = picture.cells.length, columns = picture.cells[0].length;
  const row = Math.min(rows - 1, Math.max(0, Math.floor(y * rows))), column = Math.min(columns - 1, Math.max(0, Math.floor(x * columns)));
  say(event, cellText(picture, row, column));
}

function say(event, text) {
  const bubble = find("tooltip");
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
