// Arrows, in parts from layer to layer. All that leave one box share the way down to where the nearest of them turns off,
// so a value that is used a hundred times has one line with a hundred branches.

// Iterate over the empty places that an arrow passes between what can be seen, from its end back to its start.
function* backwards(one) {
  for (const [level, item, n, end] of one.of[0].legs.toReversed()) {
    if (level && !drawn.frames.has(level)) continue; // inside what is folded
    if (isEmpty(end)) yield level + end;
    for (let i = n; i >= 1; i--) yield `${level}·${item}.${i}`;
    if (isEmpty(item)) yield level + item;
  }
}

// Plan the parts of all arrows between what can be seen: each with its two ends.
function planArrows() {
  const joined = new Map(), into = new Map();
  drawn.lines = new Map(); // for each arrow of the story the one that is drawn for it
  for (const arrow of story.arrows) {
    const a = standsFor(arrow.source), b = standsFor(arrow.target);
    if (a === b) continue;
    const folded = groups.has(a) || groups.has(b), key = folded ? `${a} ${b}` : arrow;
    if (joined.has(key)) joined.get(key).of.push(arrow);
    else {
      joined.set(key, { a, b, of: [arrow], folded, key: `line ${joined.size}` });
      if (!into.has(b)) into.set(b, []);
      into.get(b).push(joined.get(key));
    }
    drawn.lines.set(arrow, joined.get(key));
  }
  const parts = new Map();
  for (const ones of into.values()) {
    for (const one of ones) {
      const last = backwards(one).next().value, a = drawn.boxes.get(one.a);
      one.from = last ? drawn.passes.get(last).x : a.x + a.w / 2;
    }
    ones.sort((one, other) => one.from - other.from).forEach((one, i) => planArrow(parts, one, (i + 1) / (ones.length + 1)));
  }
  return parts;
}

// Plan the parts of one arrow, back from its end to where another one from the same box has made the rest.
function planArrow(parts, one, share) {
  const a = drawn.boxes.get(one.a), b = drawn.boxes.get(one.b), [first] = one.of;
  const label = one.folded ? (one.of.length > 1 ? `×${one.of.length}` : "") : first.label;
  let to = { key: one.key, x: b.x + b.w * share, y: b.y - (boxFor(one.b).kind === "parameter" ? 6 : 0), h: 0 };
  let about = { last: true, label, dashed: first.dashed };
  const join = (key, from, more) => {
    const name = `${key}>${to.key}`, known = parts.get(name);
    if (known) return known.a === one.a;
    const x = Math.min(from.x, to.x), y = Math.min(from.y, to.y);
    const place = { x, y, w: Math.abs(from.x - to.x), h: Math.abs(to.y - from.y) + to.h };
    parts.set(name, { ...about, ...more, from, to, place, a: one.a });
    about = { dashed: about.dashed };
    return false;
  };
  for (const key of backwards(one)) {
    const pass = drawn.passes.get(key);
    if (join(key, { x: pass.x, y: pass.y + pass.h })) return;
    to = { key, ...pass };
  }
  join(one.a, { x: a.x + a.w / 2, y: a.y + a.h }, { first: true });
}

// Return the names of all parts of an arrow.
function partsOf(one) {
  const stations = [one.key, ...backwards(one), one.a];
  return stations.slice(1).map((key, i) => `${key}>${stations[i]}`);
}

function drawPart({ from, to, dashed, first, last, label }) {
  const g = element("g", { class: ["arrow", dashed && "dashed", first && "first", last && "last"].filter(Boolean).join(" ") });
  const half = (to.y - from.y) / 2, down = to.h ? ` v${to.h}` : "";
  element("path", { d: `M${from.x} ${from.y} C${from.x} ${from.y + half} ${to.x} ${to.y - half} ${to.x} ${to.y}${down}` }, g);
  if (label) element("text", { class: "label", x: to.x, y: to.y - 15 }, g, label);
  return g;
}

// Mark a part through which a value comes in this step, or a gradient goes back; nothing for all others.
function refreshPart(part, phase) {
  if (phase === part.g.state) return;
  part.g.state = phase;
  part.g.classList.toggle("now", phase !== "");
  part.g.classList.toggle("backwards", phase === "backward");
}
