// Where boxes stand. Their layers and their order come from Python; here each group gets a size from what is in it, from
// the inside out, and each box a place near the mean of its neighbours that leaves room for those beside it.

const GAP = { x: 22, y: 44, empty: 10, pad: 14, label: 22 };
const SWEEPS = 20;
const isEmpty = (item) => item[0] === "·";
const stiffness = (item) => (isEmpty(item) ? 12 : 1); // long arrows stay straight, and boxes make way for them

// Move numbers as little as possible, by the weighted sum of squares, so that none is less than the one before: where
// some are out of order, all of them get their mean (the pool of adjacent violators).
function ascending(wanted, weights) {
  const pools = [];
  wanted.forEach((x, i) => {
    pools.push({ sum: x * weights[i], weight: weights[i], n: 1 });
    while (pools.length > 1 && pools.at(-2).sum / pools.at(-2).weight > pools.at(-1).sum / pools.at(-1).weight) {
      const last = pools.pop(), before = pools.at(-1);
      for (const part of ["sum", "weight", "n"]) before[part] += last[part];
    }
  });
  return pools.flatMap((pool) => Array(pool.n).fill(pool.sum / pool.weight));
}

// Return the place of each item of a group, and the size of the whole. `sizeOf` gives width and height, `links` are
// pairs of items in neighbouring layers.
function placed(layers, sizeOf, links) {
  const above = new Map(), below = new Map();
  for (const [a, b] of links) {
    if (!above.has(b)) above.set(b, []);
    if (!below.has(a)) below.set(a, []);
    above.get(b).push(a);
    below.get(a).push(b);
  }
  const middle = new Map();
  const offsets = layers.map((layer) => {
    let right = 0;
    return layer.map((item, i) => {
      const gap = i ? (isEmpty(item) && isEmpty(layer[i - 1]) ? GAP.empty : GAP.x) : 0;
      const [wide] = sizeOf(item);
      right += gap + wide;
      return right - wide / 2;
    });
  });
  layers.forEach((layer, row) => {
    const whole = layer.length ? offsets[row].at(-1) + sizeOf(layer.at(-1))[0] / 2 : 0;
    layer.forEach((item, i) => middle.set(item, offsets[row][i] - whole / 2));
  });
  const settle = (row) => {
    const layer = layers[row];
    const wanted = layer.map((item, i) => {
      const near = [...(above.get(item) ?? []), ...(below.get(item) ?? [])];
      const mean = near.length ? near.reduce((sum, one) => sum + middle.get(one), 0) / near.length : middle.get(item);
      return mean - offsets[row][i];
    });
    ascending(wanted, layer.map(stiffness)).forEach((x, i) => middle.set(layer[i], x + offsets[row][i]));
  };
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (let row = 1; row < layers.length; row++) settle(row);
    for (let row = layers.length - 2; row >= 0; row--) settle(row);
  }
  let left = Infinity, right = -Infinity, y = 0, last = 0;
  const at = new Map();
  for (const layer of layers) {
    const height = Math.max(0, ...layer.map((item) => sizeOf(item)[1]));
    for (const item of layer) {
      const [wide, high] = sizeOf(item);
      const x = middle.get(item);
      left = Math.min(left, x - wide / 2);
      right = Math.max(right, x + wide / 2);
      at.set(item, isEmpty(item) ? { x, y, h: height } : { x: x - wide / 2, y: y + (height - high) / 2, w: wide, h: high });
    }
    last = layer.every(isEmpty) ? GAP.y / 2 : GAP.y;
    y += height + last;
  }
  for (const place of at.values()) place.x -= left;
  return { at, w: Math.max(right - left, 0), h: Math.max(y - last, 0) };
}

// Place everything that can be seen: return the rectangles of boxes, of open groups and of folded ones, and the empty
// places that arrows pass, in the coordinates of the whole.
function placeAll(story, sizeOf, isOpen) {
  const inside = new Map(story.groups.map((group) => [group.key, group]));
  const links = new Map(story.groups.map((group) => [group.key, []])), reach = new Map();
  for (const [level, item, n, end] of story.arrows.flatMap((arrow) => arrow.legs)) {
    links.get(level).push([n ? `·${item}.${n}` : item, end]);
    reach.set(`${level} ${item}`, { level, item, n: Math.max(n, reach.get(`${level} ${item}`)?.n ?? 0) });
  }
  for (const { level, item, n } of reach.values()) {
    for (let i = 1; i <= n; i++) links.get(level).push([i > 1 ? `·${item}.${i - 1}` : item, `·${item}.${i}`]);
  }
  const inner = new Map();
  const measure = (key) => {
    const size = (item) => {
      if (isEmpty(item)) return [1, 0];
      if (!inside.has(item) || !isOpen(item)) return sizeOf(item);
      if (!inner.has(item)) measure(item);
      const { w, h } = inner.get(item);
      return [w + 2 * GAP.pad, h + 2 * GAP.pad + GAP.label];
    };
    const { layers } = inside.get(key);
    const row = new Map(layers.flatMap((layer, i) => layer.map((item) => [item, i])));
    inner.set(key, placed(layers, size, links.get(key).filter(([a, b]) => row.get(b) === row.get(a) + 1)));
  };
  measure("");
  const boxes = new Map(), frames = new Map(), passes = new Map();
  const put = (key, dx, dy) => {
    for (const [item, place] of inner.get(key).at) {
      const here = { ...place, x: place.x + dx, y: place.y + dy };
      if (isEmpty(item)) passes.set(key + item, here);
      else if (inside.has(item) && isOpen(item)) {
        frames.set(item, here);
        put(item, here.x + GAP.pad, here.y + GAP.pad + GAP.label);
      } else boxes.set(item, here);
    }
  };
  put("", 0, 0);
  return { boxes, frames, passes, w: inner.get("").w, h: inner.get("").h };
}
