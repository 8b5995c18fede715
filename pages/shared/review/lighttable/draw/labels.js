// The label over a picture: outlines with a dark casing, or areas of colour.

import { finerBy } from "./pack.js";
import { regionOf } from "./outline.js";

const BACKGROUND = 0;
const CASING = "rgba(0,0,0,.75)";

/** The classes that are drawn: background is what is left. */
export const drawnClasses = (pack) =>
  pack.header.classes.filter(({ value }) => value !== BACKGROUND);

function regionOfClass(pack, value, own) {
  pack.labelRegions ??= new Map();
  const key = `${value} ${own}`;
  if (!pack.labelRegions.has(key)) {
    const finer = own ? finerBy(pack) : 1;
    const values = own ? pack.sourceLabel : pack.label;
    const size = [pack.width * finer, pack.height * finer];
    pack.labelRegions.set(
      key,
      regionOf(values, ...size, (one) => one === value),
    );
  }
  return pack.labelRegions.get(key);
}

/** Whether a panel shows the mask as it was drawn, rather than the label on the 10 m grid. */
export function showsOwn(pack, edge, what) {
  return pack.sourceLabel !== null && (edge === "mask" || (edge === "each" && what === "source"));
}

/** Traces the label as the two panels show it, so that drawing it takes no time. */
export function prepareLabel(pack, settings) {
  for (const what of ["scene", "source"]) {
    const own = showsOwn(pack, settings.edge, what);
    for (const { value } of drawnClasses(pack)) regionOfClass(pack, value, own);
  }
}

/**
 * @param {CanvasRenderingContext2D} pen in device pixels
 * @param {import("./pack.js").Pack} pack
 * @param {{what: string, toPanel: DOMMatrix, ratio: number, settings: object}} how
 */
export function drawLabel(pen, pack, { what, toPanel, ratio, settings }) {
  const own = showsOwn(pack, settings.edge, what);
  const matrix = own ? toPanel.scale(1 / finerBy(pack)) : toPanel;
  drawRegions(pen, pack, (value) => regionOfClass(pack, value, own), { matrix, ratio, settings });
}

/**
 * Draws where classes are.
 * @param {(value: number) => Path2D|null|undefined} regionOf a class
 * @param {{matrix: DOMMatrix, ratio: number, settings: object}} how the matrix leads to the pen
 */
export function drawRegions(pen, pack, regionOf, { matrix, ratio, settings }) {
  const shown = drawnClasses(pack).filter(({ value }) => !settings.hidden.includes(value));
  // Neighbouring classes share a line: each then keeps to its own side of it.
  const apart = drawnClasses(pack).length > 1;
  for (const { value, colour } of shown) {
    const place = regionOf(value);
    if (!place) continue;
    const region = new Path2D();
    region.addPath(place, matrix);
    if (settings.label === "fill") fill(pen, region, colour, settings.opacity);
    else stroke(pen, region, colour, settings.width * ratio, apart);
  }
}

function fill(pen, region, colour, opacity) {
  pen.globalAlpha = opacity;
  pen.fillStyle = colour;
  pen.fill(region, "evenodd");
  pen.globalAlpha = 1;
}

function stroke(pen, region, colour, width, apart) {
  const casing = Math.max(1, width * 0.75);
  pen.save();
  if (apart) pen.clip(region, "evenodd"); // cuts the outer half of each line off
  pen.lineJoin = "round";
  pen.strokeStyle = CASING;
  pen.lineWidth = apart ? 2 * (width + casing) : width + 2 * casing;
  pen.stroke(region);
  pen.strokeStyle = colour;
  pen.lineWidth = apart ? 2 * width : width;
  pen.stroke(region);
  pen.restore();
}
