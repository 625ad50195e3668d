// Numbers as text, arrays as heat maps, boxes and arrows as SVG.

const SVG = "http://www.w3.org/2000/svg";
const PAD = 8, LINE = 18;

function element(name, attributes = {}, parent = null, text = null) {
  const made = document.createElementNS(SVG, name);
  for (const [key, x] of Object.entries(attributes)) made.setAttribute(key, x);
  if (text !== null) made.textContent = text;
  if (parent) parent.append(made);
  return made;
}

function html(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, x] of Object.entries(attributes)) key.startsWith("on") ? (made[key] = x) : made.setAttribute(key, x);
  made.append(...children.filter((one) => one !== null));
  return made;
}

// A complex number comes as a pair, one that isn't finite as its name.
const sizeOfNumber = (x) => (Array.isArray(x) ? Math.hypot(...x.map(Number)) : Number(x));
const textOfNumber = (x) => (Array.isArray(x) ? `${x[0]} ${Number(x[1]) < 0 ? "−" : "+"} ${Math.abs(x[1])}j` : String(x).replaceAll("-", "−"));
const hasCells = (picture) => Boolean(picture?.cells) && picture.shape.length > 0;

// What a place in a heat map stands for, in words.
function cellText(picture, row, column) {
  const [high, wide] = picture.block, { shape } = picture;
  const columns = shape.at(-1), rows = shape.slice(0, -1).reduce((a, b) => a * b, 1);
  const span = (i, n, most) => (n === 1 ? `${i}` : `${i * n}–${Math.min((i + 1) * n, most) - 1}`);
  let leading = "";
  if (shape.length === 2) leading = `${span(row, high, rows)}, `;
  else if (shape.length > 2) {
    const of = (i) => shape.slice(0, -1).reduceRight(([rest, found], n) => [Math.floor(rest / n), [rest % n, ...found]], [i, []])[1].join(", ");
    leading = high === 1 ? `${of(row)}, ` : `${of(row * high)} … ${of(Math.min((row + 1) * high, rows) - 1)}; `;
  }
  const number = textOfNumber(picture.cells[row][column]);
  return `[${leading}${span(column, wide, columns)}] ${high * wide > 1 ? "largest of them: " : "= "}${number}`;
}

const colours = new Map();

function colour(name) {
  if (!colours.has(name)) {
    const hex = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
    colours.set(name, [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16)));
  }
  return colours.get(name);
}

// Draw an array with a pixel for each cell: white where it is 0, blue below, red above; NaN and infinities stand out.
function heat(picture, canvas = document.createElement("canvas")) {
  const rows = picture.cells.length, columns = picture.cells[0].length;
  canvas.width = columns;
  canvas.height = rows;
  const pen = canvas.getContext("2d"), image = pen.createImageData(columns, rows);
  const sizes = picture.cells.flat().map(sizeOfNumber);
  const most = Math.max(...sizes.map(Math.abs).filter(Number.isFinite), 0) || 1;
  sizes.forEach((x, i) => {
    const share = Math.abs(x) / most, end = colour(x < 0 ? "negative" : "positive"), zero = colour("zero");
    const mix = Number.isFinite(x) ? zero.map((z, k) => z + (end[k] - z) * share) : colour("missing");
    image.data.set([...mix, 255], 4 * i);
  });
  pen.putImageData(image, 0, 0);
  return canvas;
}

// The side of a cell, so that a heat map is neither tiny nor huge.
const side = (picture, room, most) => Math.max(3, Math.min(most, Math.floor(room / Math.max(picture.cells.length, picture.cells[0].length))));

const ruler = document.createElement("canvas").getContext("2d");

function width(text, bold = false, size = 13) {
  ruler.font = `${bold ? "bold " : ""}${size}px system-ui, "Segoe UI", Helvetica, Arial, sans-serif`;
  return ruler.measureText(text).width;
}

const headingOf = (box) => [box.name, box.operation].filter(Boolean).join(": ");

// What a box consists of, from top to bottom: pieces with their width and height.
function piecesOf(box) {
  const pieces = [], heading = headingOf(box);
  if (heading) pieces.push({ kind: "heading", w: width(box.name, true) + width(heading.slice(box.name.length)), h: LINE });
  if (box.shape) pieces.push({ kind: "small", text: box.shape, w: width(box.shape, false, 11), h: 15 });
  for (const [label, text] of box.rows ?? []) pieces.push({ kind: "small", text: `${label} ${text}`, w: width(`${label} ${text}`, false, 11), h: 15 });
  for (const role of ["value", "gradient"]) {
    const picture = role === "value" ? box.value : box.ends;
    if (!picture || !box.value) continue; // an operation with several results has none of its own
    const label = role === "value" ? (box.kind === "constant" ? "" : "value") : "grad";
    const captionWidth = label ? width(label, false, 11) + 8 : 0;
    if (hasCells(picture)) {
      const cell = side(picture, 84, 11), map = { width: picture.cells[0].length * cell, height: picture.cells.length * cell };
      pieces.push({ kind: "heat", role, label, map, w: captionWidth + map.width, h: Math.max(LINE, map.height + 6) });
    } else {
      const texts = role === "value" ? [picture.text] : box.arrivals.map((one) => one.sum.text);
      pieces.push({ kind: "row", role, label, w: captionWidth + Math.max(...texts.map((text) => width(text))), h: LINE });
    }
  }
  return pieces;
}

function sizeOfBox(box) {
  box.pieces = piecesOf(box);
  box.w = Math.max(34, ...box.pieces.map((piece) => piece.w)) + 2 * PAD;
  box.h = box.pieces.reduce((sum, piece) => sum + piece.h, 0) + PAD;
}

// Draw a box at a place; what changes from step to step is kept in `box.parts`.
function drawBox(box, place) {
  const g = element("g", { class: `box ${box.kind}${box.result ? " result" : ""}`, transform: `translate(${place.x},${place.y})`, tabindex: -1, role: "button", "data-key": box.key, "data-name": box.name });
  const round = box.kind === "operation" ? 9 : box.kind === "group" ? 5 : 0;
  if (box.kind === "parameter") element("path", { class: "shape", d: `M0 0 H${place.w} V${place.h} H0 Z M0 0 V-6 H18 V0` }, g);
  else if (box.kind === "constant") element("path", { class: "shape", d: `M0 0 H${place.w - 9} L${place.w} 9 V${place.h} H0 Z` }, g);
  else element("rect", { class: "shape", width: place.w, height: place.h, rx: round }, g);
  if (box.result) element("rect", { class: "second", x: 3.5, y: 3.5, width: place.w - 7, height: place.h - 7, rx: 6 }, g);
  box.parts = {};
  let y = PAD / 2;
  const shift = Math.max(0, place.w - box.w) / 2;
  for (const piece of box.pieces) {
    const middle = y + piece.h / 2;
    if (piece.kind === "heading") {
      const text = element("text", { x: place.w / 2, y: middle }, g);
      if (box.name) element("tspan", { "font-weight": 700 }, text, box.name);
      if (box.operation) element("tspan", {}, text, box.name ? `: ${box.operation}` : box.operation);
    } else if (piece.kind === "small") element("text", { class: "small", x: place.w / 2, y: middle }, g, piece.text);
    else {
      if (piece.label) element("text", { class: "small row", x: PAD + shift, y: middle }, g, piece.label);
      const right = place.w - PAD - shift;
      if (piece.kind === "row") {
        const lone = !piece.label;
        box.parts[piece.role] = element("text", lone ? { x: place.w / 2, y: middle } : { class: "figure", x: right, y: middle }, g);
      } else {
        const place = { x: right - piece.map.width, y: middle - piece.map.height / 2, ...piece.map };
        box.parts[piece.role] = element("image", { ...place, preserveAspectRatio: "none", "data-role": piece.role }, g);
        element("rect", { class: "rim", ...place }, g);
      }
    }
    y += piece.h;
  }
  return g;
}

// Put a number or an array, or nothing, into a part of a box.
function fill(part, picture) {
  if (!part || part.shown === picture) return;
  part.shown = picture;
  if (part.tagName === "text") part.textContent = picture?.text ?? "";
  else if (hasCells(picture)) part.setAttribute("href", heat(picture).toDataURL());
  else part.removeAttribute("href");
}
