// Arrows, in parts from layer to layer. All that leave one box share the way down to where the nearest of them turns off,
// so a value that is used a hundred times has one line with a hundred branches.

// Return the parts of all arrows between what can be seen: each with its two ends and the arrows that it belongs to.
function planArrows() {
  const joined = new Map(), into = new Map();
  for (const arrow of story.arrows) {
    const a = standsFor(arrow.source), b = standsFor(arrow.target);
    if (a === b) continue;
    const folded = groups.has(a) || groups.has(b), key = folded ? `${a} ${b}` : arrow;
    if (joined.has(key)) joined.get(key).of.push(arrow);
    else {
      joined.set(key, { a, b, of: [arrow], folded });
      if (!into.has(b)) into.set(b, []);
      into.get(b).push(joined.get(key));
    }
  }
  const passes = ({ of: [arrow] }) => arrow.route.map((pass) => drawn.passes.get(arrow.level + pass));
  const comesFrom = (one) => passes(one).at(-1)?.x ?? drawn.boxes.get(one.a).x + drawn.boxes.get(one.a).w / 2;
  const parts = new Map();
  for (const ones of into.values()) {
    ones.sort((one, other) => comesFrom(one) - comesFrom(other));
    ones.forEach((one, i) => {
      const a = drawn.boxes.get(one.a), b = drawn.boxes.get(one.b);
      let from = { x: a.x + a.w / 2, y: a.y + a.h }, first = true;
      passes(one).forEach((pass, j) => {
        add(parts, first ? `${one.a} ${one.of[0].level} ${one.of[0].route[j]}` : pass, { from, to: { x: pass.x, y: pass.y }, down: pass.h, first }, one);
        from = { x: pass.x, y: pass.y + pass.h };
        first = false;
      });
      const to = { x: b.x + (b.w * (i + 1)) / (ones.length + 1), y: b.y - (boxFor(one.b).kind === "parameter" ? 6 : 0) };
      const label = one.folded ? (one.of.length > 1 ? `×${one.of.length}` : "") : one.of[0].label;
      add(parts, one, { from, to, down: 0, first, last: true, label, dashed: one.of[0].dashed }, one);
    });
  }
  return [...parts.values()];
}

function add(parts, key, part, one) {
  if (!parts.has(key)) {
    const { from, to, down } = part, x = Math.min(from.x, to.x), y = Math.min(from.y, to.y);
    parts.set(key, { ...part, of: new Set(), place: { x, y, w: Math.abs(from.x - to.x), h: Math.abs(to.y - from.y) + down } });
  }
  for (const arrow of one.of) parts.get(key).of.add(arrow);
}

function drawPart({ from, to, down, dashed, first, last, label }) {
  const g = element("g", { class: ["arrow", dashed && "dashed", first && "first", last && "last"].filter(Boolean).join(" ") });
  const half = (to.y - from.y) / 2;
  element("path", { d: `M${from.x} ${from.y} C${from.x} ${from.y + half} ${to.x} ${to.y - half} ${to.x} ${to.y} v${down}` }, g);
  if (label) element("text", { class: "label", x: to.x, y: to.y - 15 }, g, label);
  return g;
}

// Mark a part through which a value comes in this step, or a gradient goes back.
function refreshPart(part, { step, arrows }) {
  const state = [...arrows].some((arrow) => part.of.has(arrow)) ? step.phase : "";
  if (state === part.g.state) return;
  part.g.state = state;
  part.g.classList.toggle("now", state !== "");
  part.g.classList.toggle("backwards", state === "backward");
}
