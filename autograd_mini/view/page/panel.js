// The panel beside the picture: what happens at this step, and what is known of the box that was chosen.

const MOST_CARDS = 12; // uses of values that one step shows in full

const math = (...lines) => lines.filter(Boolean).map((line) => html("p", { class: "math" }, line));
const inSum = (text) => (/^[-−]/.test(text) || text.endsWith("j") ? `(${text})` : text);

function mathElement(name, ...children) {
  const made = document.createElementNS("http://www.w3.org/1998/Math/MathML", name);
  made.append(...children);
  return made;
}

// A formula as MathML where there is one, with its words for a screen reader that reads none.
function formula(markup, words) {
  if (!markup) return words;
  const made = mathElement("math");
  made.innerHTML = markup;
  made.setAttribute("aria-label", words);
  made.setAttribute("displaystyle", "true");
  return made;
}

function link(text, does) {
  return html("button", { type: "button", class: "link", onclick: does }, text);
}

const jump = (key) => link(boxes.get(key).name || nameOf(boxes.get(key)), () => choose(key, true));

// Go to a step, and keep the keyboard where it can go on.
function goFromPanel(step) {
  walk(step);
  boxFor(scene.focus)?.g?.focus({ preventScroll: true });
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
  const shape = `(${picture.shape.join(", ")}${picture.shape.length === 1 ? "," : ""})`;
  return html("div", {}, html("p", { class: "where" }, `${label}: ${shape} ${picture.text}`), canvas, table);
}

function whereAndHow(box) {
  return [box.line && html("p", { class: "where" }, box.line), box.source && html("pre", { class: "code" }, box.source)];
}

function tell(step) {
  const panel = find("step");
  if (!step) return panel.replaceChildren(html("p", {}, "there is nothing to walk through"));
  const box = boxes.get(step.at), lines = math(...(step.lines ?? []));
  const parts = [html("div", { class: "phase" }, step.phase === "forward" ? "forward pass" : "backward pass"), html("h2", {}, step.title)];
  if (step.phase === "forward") {
    parts.push(...lines, ...whereAndHow(box), lines.length > 1 ? null : shown(box.value, box.name || "value"));
  } else {
    const uses = step.uses ?? [];
    if (step.g) parts.push(shown(step.g, `g, the gradient of ${story.result} with respect to ${box.name}`));
    parts.push(...uses.slice(0, MOST_CARDS).map(card));
    if (uses.length > MOST_CARDS) parts.push(html("p", { class: "where" }, `… ${uses.length - MOST_CARDS} more; the last one:`), card(uses.at(-1)));
    parts.push(...lines, ...whereAndHow(box));
  }
  panel.replaceChildren(...parts.filter(Boolean));
}

// What one use of a value adds to its gradient.
function card(use) {
  if (!use.gives) return html("div", { class: "card only" }, jump(use.to), html("p", { class: "where" }, use.words), shown(use.sum, "gradient"));
  const scalar = !hasCells(use.gives), line = (...parts) => html("p", { class: "math" }, ...parts);
  const parts = [line(mathElement("math", mathElement("mfrac", ...use.symbol.map((text) => mathElement("mi", text)))), use.before ? " += " : " = ", formula(use.math, use.words))];
  if (scalar) parts.push(line("= ", ...(use.numbers && use.numbers !== use.gives.text ? [formula(use.math_numbers, use.numbers), " = "] : []), use.gives.text));
  else parts.push(shown(use.gives, "it adds"));
  if (use.before && scalar) parts.push(line(html("b", {}, `sum so far: ${use.before} + ${inSum(use.gives.text)} = ${use.sum.text}`)));
  else if (use.before) parts.push(shown(use.sum, "sum so far"));
  return html("div", { class: "card" }, jump(use.to), ...parts);
}

function tellChosen() {
  const panel = find("chosen"), box = boxes.get(chosen);
  panel.hidden = !box;
  if (!box) return;
  const { arrivals, computed } = box, gone = arrivals.filter((one) => one.step <= now).length;
  const where = (...parts) => html("p", { class: "where" }, ...parts);
  const parts = [
    html("h3", {}, `chosen: ${nameOf(box)}`),
    computed <= now && shown(box.value, "value"),
    shown(gradientAt(box, now), "gradient so far"),
    arrivals.length && where(`${gone} of ${arrivals.length} part${arrivals.length === 1 ? "" : "s"} of its gradient arrived; `, link(`complete at step ${arrivals.at(-1).step + 1}`, () => goFromPanel(arrivals.at(-1).step))),
    computed >= 0 && where(link(`computed at step ${computed + 1}`, () => goFromPanel(computed))),
    ...whereAndHow(box),
  ];
  panel.replaceChildren(...parts.filter(Boolean));
}
