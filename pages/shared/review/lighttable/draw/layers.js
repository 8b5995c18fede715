// What lies over the pictures: what occludes the ground, what has no label, what changed. Each has
// a pattern of its own, so that they are told apart without colour.

import { regionOf } from "./outline.js";
import { t } from "../language.js";

export const OUTSIDE = 1;
const [SOURCE, UNKNOWN] = [64, 128];
export const CHANGE = "change";
/** The earlier and the present label differ (a pair with an earlier one). */
export const DIFFERENCE = "difference";
const OWN = [
  { id: UNKNOWN, name: t("no label (ignore)"), colour: "#e8e8e8", pattern: "dots" },
  { id: OUTSIDE, name: t("outside the mask"), colour: "#9a9a9a", pattern: "veil" },
];
const CHANGED = { id: CHANGE, name: t("looks changed"), colour: "#ffffff", pattern: "cross" };
const DIFFERENT = {
  id: DIFFERENCE,
  name: t("label differs from the earlier pair"),
  colour: "#f0e442",
  pattern: "cross",
};
const PATTERNS = { 1: "rising", "-1": "falling", 0: "upright", 2: "level" };
const TILE = 14;

/**
 * @typedef {{id: number|string, name: string, colour: string, pattern: string}} Layer
 */

/** The layers a pair may have, in the order they are drawn. @returns {Layer[]} */
export function layersOf(pack) {
  const own = OWN.filter(({ id }) => !pack.header.flags.some((flag) => flag.bit === id));
  const named = pack.header.flags.map((flag) => ({
    id: flag.bit,
    name: t(flag.name),
    colour: flag.colour,
    pattern: PATTERNS[flag.stripes] ?? "rising",
  }));
  return [
    ...own,
    ...named,
    ...(pack.change ? [CHANGED] : []),
    ...(pack.difference ? [DIFFERENT] : []),
  ];
}

/** Whether a layer says something about what a panel shows. */
function concerns(id, what) {
  if (id === OUTSIDE) return what === "source";
  if (typeof id === "string" || id === SOURCE || id === UNKNOWN) return true;
  return what === "scene";
}

/**
 * How many pixels of each layer there are, and how many are inside the mask. Outside the mask there
 * is no image and no label: the other flags say nothing there.
 * @returns {Map<number|string, number>} with `inside` among its keys
 */
export function countsOf(pack) {
  pack.counts ??= counted(pack);
  return pack.counts;
}

function counted(pack) {
  const values = new Uint32Array(256);
  for (const value of pack.quality) values[value] += 1;
  const counts = new Map([["inside", 0]]);
  for (let value = 0; value < 256; value++) {
    const bits = value & OUTSIDE ? [OUTSIDE] : [2, 4, 8, 16, 32, SOURCE, UNKNOWN];
    for (const bit of bits)
      if (value & bit) counts.set(bit, (counts.get(bit) ?? 0) + values[value]);
    if (!(value & OUTSIDE)) counts.set("inside", counts.get("inside") + values[value]);
  }
  for (const id of [CHANGE, DIFFERENCE]) {
    if (pack[id])
      counts.set(
        id,
        pack[id].reduce((sum, one) => sum + (one === 1 ? 1 : 0), 0),
      );
  }
  return counts;
}

/** Where a layer is, or null where it is nowhere. @returns {Path2D|null} */
export function placeOfLayer(pack, id) {
  if (!countsOf(pack).get(id)) return null;
  pack.regions ??= new Map();
  if (!pack.regions.has(id)) pack.regions.set(id, traced(pack, id));
  return pack.regions.get(id);
}

function traced(pack, id) {
  const { width, height } = pack;
  if (typeof id === "string") return regionOf(pack[id], width, height, (value) => value === 1);
  const takes = (value) => (value & id) !== 0 && (id === OUTSIDE || !(value & OUTSIDE));
  return regionOf(pack.quality, width, height, takes);
}

const tiles = new Map();

/** A tile of a pattern with a dark rim, which is seen on bright and on dark ground. */
export function patternTile(name, colour, ratio) {
  const key = `${name} ${colour} ${ratio}`;
  if (!tiles.has(key)) tiles.set(key, drawTile(name, colour, Math.round(TILE * ratio), ratio));
  return tiles.get(key);
}

const LINES = {
  rising: [
    [-1, 1, 1, -1],
    [0, 1, 1, 0],
    [0, 2, 2, 0],
  ],
  falling: [
    [-1, 0, 1, 2],
    [0, 0, 1, 1],
    [0, -1, 2, 1],
  ],
  upright: [[0.5, 0, 0.5, 1]],
  level: [[0, 0.5, 1, 0.5]],
  dots: [
    [0.25, 0.25, 0.25, 0.26],
    [0.75, 0.75, 0.75, 0.76],
  ],
};
LINES.cross = [...LINES.rising, ...LINES.falling];

function drawTile(name, colour, side, ratio) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = side;
  const pen = tile.getContext("2d");
  if (name === "veil") {
    pen.globalAlpha = 0.6;
    pen.fillStyle = colour;
    pen.fillRect(0, 0, side, side);
    return tile;
  }
  const path = new Path2D();
  for (const [x, y, toX, toY] of LINES[name]) {
    path.moveTo(x * side, y * side);
    path.lineTo(toX * side, toY * side);
  }
  pen.lineCap = "round";
  for (const [style, width] of [
    ["rgba(0,0,0,.4)", 2.6],
    [colour, 1.3],
  ]) {
    pen.strokeStyle = style;
    pen.lineWidth = width * ratio;
    pen.stroke(path);
  }
  return tile;
}

/** Traces the layers that are on, so that drawing them takes no time. */
export function prepareLayers(pack, isOn) {
  for (const { id } of layersOf(pack)) if (isOn(id)) placeOfLayer(pack, id);
}

/**
 * Draws the layers that are switched on over one panel.
 * @param {CanvasRenderingContext2D} pen in device pixels
 * @param {import("./pack.js").Pack} pack
 * @param {{what: string, toPanel: DOMMatrix, ratio: number, isOn: (id: any) => boolean}} how
 */
export function drawLayers(pen, pack, { what, toPanel, ratio, isOn }) {
  for (const layer of layersOf(pack)) {
    if (!isOn(layer.id) || !concerns(layer.id, what)) continue;
    const place = placeOfLayer(pack, layer.id);
    if (!place) continue;
    const region = new Path2D();
    region.addPath(place, toPanel);
    const pattern = pen.createPattern(patternTile(layer.pattern, layer.colour, ratio), "repeat");
    pattern.setTransform(new DOMMatrix([1, 0, 0, 1, toPanel.e, toPanel.f]));
    pen.fillStyle = pattern;
    pen.fill(region);
    if (layer.pattern === "veil") continue;
    for (const [style, width] of [
      ["rgba(0,0,0,.5)", 2.4],
      [layer.colour, 1.2],
    ]) {
      pen.strokeStyle = style;
      pen.lineWidth = width * ratio;
      pen.stroke(region);
    }
  }
}
