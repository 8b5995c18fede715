// What a map has beside its picture: scale bar, north, the measured shift, the cursor.

import { number } from "../dom.js";

const DARK = "rgba(16,18,20,.78)";
const PALE = "#fff";
const BAR_SHARE = 0.28;

/** The largest of 1, 2, 5, 10, 20 … that is at most `longest`. */
function niceLength(longest) {
  const power = 10 ** Math.floor(Math.log10(longest));
  return Math.max(
    ...[1, 2, 5].map((step) => step * power).filter((one) => one <= longest * (1 + 1e-9)),
  );
}

const lengthText = (metres) => (metres >= 1000 ? `${metres / 1000} km` : `${metres} m`);

function write(pen, text, x, y, ratio, align = "left") {
  pen.font = `${11 * ratio}px system-ui, sans-serif`;
  pen.textAlign = align;
  pen.textBaseline = "alphabetic";
  pen.fillStyle = PALE;
  pen.fillText(text, x, y);
}

function plate(pen, x, y, width, height, ratio) {
  pen.fillStyle = DARK;
  pen.beginPath();
  pen.roundRect(x, y, width, height, 3 * ratio);
  pen.fill();
}

/** A round number of metres in the lower left corner of a panel. */
export function drawScaleBar(pen, [width, height], metresPerPixel, ratio) {
  const metres = niceLength(Math.min(BAR_SHARE * width, 220 * ratio) * metresPerPixel);
  const bar = metres / metresPerPixel;
  const [left, base] = [10 * ratio, height - 10 * ratio];
  plate(
    pen,
    left - 4 * ratio,
    base - 18 * ratio,
    Math.max(bar, 34 * ratio) + 8 * ratio,
    22 * ratio,
    ratio,
  );
  write(pen, lengthText(metres), left, base - 6 * ratio, ratio);
  pen.fillRect(left, base - 2 * ratio, bar, 2 * ratio);
}

/** North is up on the grid of the pair. */
export function drawNorth(pen, [width], ratio) {
  const [x, y] = [width - 18 * ratio, 8 * ratio];
  plate(pen, x - 9 * ratio, y, 18 * ratio, 30 * ratio, ratio);
  pen.fillStyle = PALE;
  pen.beginPath();
  pen.moveTo(x, y + 4 * ratio);
  pen.lineTo(x + 5 * ratio, y + 15 * ratio);
  pen.lineTo(x, y + 12 * ratio);
  pen.lineTo(x - 5 * ratio, y + 15 * ratio);
  pen.fill();
  write(pen, "N", x, y + 27 * ratio, ratio, "center");
}

/**
 * The measured shift, in the upper left corner: the ring is one 10 m pixel, the arrow to its scale;
 * dotted where it isn't reliable.
 */
export function drawShift(pen, shift, ratio) {
  const ring = 11 * ratio; // 10 m
  const [x, y] = [43 * ratio, 35 * ratio];
  const length = Math.hypot(shift.east_m, shift.north_m);
  plate(pen, 8 * ratio, 8 * ratio, 70 * ratio, 68 * ratio, ratio);
  pen.strokeStyle = "rgba(255,255,255,.55)";
  pen.lineWidth = ratio;
  pen.beginPath();
  pen.arc(x, y, ring, 0, 2 * Math.PI);
  pen.stroke();
  const drawn = Math.min(length / 10, 2.2) * ring;
  const way = length ? [shift.east_m / length, -shift.north_m / length] : [0, 0];
  arrow(pen, [x, y], way, drawn, ratio, shift.reliable);
  write(
    pen,
    `${number(length, 1)} ± ${number(shift.ci_m, 1)} m`,
    x,
    y + 36 * ratio,
    ratio,
    "center",
  );
}

function arrow(pen, [x, y], [right, down], length, ratio, solid) {
  const [tipX, tipY] = [x + right * length, y + down * length];
  const head = Math.min(7 * ratio, length);
  pen.strokeStyle = pen.fillStyle = "#f0e442";
  pen.lineWidth = 2 * ratio;
  pen.setLineDash(solid ? [] : [3 * ratio, 3 * ratio]);
  pen.beginPath();
  pen.moveTo(x, y);
  pen.lineTo(tipX - right * head, tipY - down * head);
  pen.stroke();
  pen.setLineDash([]);
  pen.beginPath();
  pen.arc(x, y, 2 * ratio, 0, 2 * Math.PI);
  pen.moveTo(tipX, tipY);
  pen.lineTo(tipX - right * head - down * head * 0.5, tipY - down * head + right * head * 0.5);
  pen.lineTo(tipX - right * head + down * head * 0.5, tipY - down * head - right * head * 0.5);
  pen.fill();
}

/**
 * The cursor in a panel: lines through it that spare its middle, and the pixel it is on.
 * @param {[number, number]} at in the panel
 * @param {{x: number, y: number, side: number}} pixel the pixel's corner and side in the panel
 */
export function drawCursor(pen, [width, height], at, pixel, ratio) {
  const gap = Math.max(10 * ratio, pixel.side);
  const [x, y] = at.map((value) => Math.round(value) + 0.5);
  const path = new Path2D();
  for (const [from, to] of [
    [0, x - gap],
    [x + gap, width],
  ]) {
    path.moveTo(from, y);
    path.lineTo(to, y);
  }
  for (const [from, to] of [
    [0, y - gap],
    [y + gap, height],
  ]) {
    path.moveTo(x, from);
    path.lineTo(x, to);
  }
  path.rect(pixel.x, pixel.y, pixel.side, pixel.side);
  for (const [style, line] of [
    ["rgba(0,0,0,.22)", 3],
    ["rgba(255,255,255,.9)", 1],
  ]) {
    pen.strokeStyle = style;
    pen.lineWidth = line * ratio;
    pen.stroke(path);
  }
}

/** The line between the two pictures of the swipe, with a handle. */
export function drawDivider(pen, x, height, ratio) {
  pen.fillStyle = DARK;
  pen.fillRect(x - 2 * ratio, 0, 4 * ratio, height);
  pen.fillStyle = PALE;
  pen.fillRect(x - ratio, 0, 2 * ratio, height);
  plate(pen, x - 9 * ratio, height / 2 - 16 * ratio, 18 * ratio, 32 * ratio, ratio);
  write(pen, "◂▸", x, height / 2 + 4 * ratio, ratio, "center");
}
