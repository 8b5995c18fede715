// The border of a region of pixels as closed lines along the pixels' edges.

const [EAST, SOUTH, WEST, NORTH] = [1, 2, 4, 8];
// At a corner where two pixels touch, turning right keeps each of them a ring of its own.
const TURNS = {
  [EAST]: [SOUTH, EAST, NORTH],
  [SOUTH]: [WEST, SOUTH, EAST],
  [WEST]: [NORTH, WEST, SOUTH],
  [NORTH]: [EAST, NORTH, WEST],
};
const STEP = { [EAST]: [1, 0], [SOUTH]: [0, 1], [WEST]: [-1, 0], [NORTH]: [0, -1] };

/** Which edges leave each corner of the grid, with the region to their right. */
function edgesOf(inside, width, height) {
  const across = width + 1;
  const edges = new Uint8Array(across * (height + 1));
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (!inside[i]) continue;
      const corner = y * across + x;
      if (y === 0 || !inside[i - width]) edges[corner] |= EAST;
      if (x === width - 1 || !inside[i + 1]) edges[corner + 1] |= SOUTH;
      if (y === height - 1 || !inside[i + width]) edges[corner + across + 1] |= WEST;
      if (x === 0 || !inside[i - 1]) edges[corner + across] |= NORTH;
    }
  }
  return edges;
}

function ring(path, edges, across, start) {
  let [x, y] = [start % across, Math.floor(start / across)];
  let way = [EAST, SOUTH, WEST, NORTH].find((one) => edges[start] & one);
  path.moveTo(x, y);
  for (let corner = start; ;) {
    edges[corner] &= ~way;
    x += STEP[way][0];
    y += STEP[way][1];
    corner = y * across + x;
    const next = TURNS[way].find((one) => edges[corner] & one);
    if (next === undefined) break;
    if (next !== way) path.lineTo(x, y);
    way = next;
  }
  path.closePath();
}

/**
 * @param {Uint8Array} inside height x width, not 0 inside the region
 * @param {number} width
 * @param {number} height
 * @returns {Path2D} in pixels; to be filled, or drawn as an outline
 */
export function outlineOf(inside, width, height) {
  const edges = edgesOf(inside, width, height);
  const path = new Path2D();
  for (let corner = 0; corner < edges.length; corner++) {
    while (edges[corner]) ring(path, edges, width + 1, corner);
  }
  return path;
}

/**
 * Where values fulfil a condition, as an outline.
 * @param {Uint8Array} values
 * @param {(value: number) => boolean} takes
 */
export function regionOf(values, width, height, takes) {
  const taken = new Uint8Array(256);
  for (let value = 0; value < 256; value++) taken[value] = takes(value) ? 1 : 0;
  const inside = new Uint8Array(values.length);
  let any = 0;
  for (let i = 0; i < values.length; i++) any |= inside[i] = taken[values[i]];
  return any ? outlineOf(inside, width, height) : null;
}
