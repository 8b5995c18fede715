// A boundary that is being drawn with the mouse: click by click, or by dragging round an area.

const NEAR = 4; // CSS pixels: two clicks so near are one corner
const CASING = "rgba(0,0,0,.7)";

export class Sketch {
  /** @param {(corners: [number, number][]) => any} closed takes a boundary; false refuses it */
  constructor(closed) {
    this.closed = closed;
    this.clear();
  }

  clear() {
    /** @type {[number, number][]} in pixels of the pair */
    this.corners = [];
    this.drag = null;
    this.cursor = null;
  }

  // the mouse, as the stage reports it: places on the pair, and the length of a CSS pixel there

  press(at, css) {
    this.drag = { near: NEAR * css, wasEmpty: this.corners.length === 0, moved: false };
    this.#add(at);
  }

  move(at) {
    this.cursor = at;
    if (this.drag && this.#add(at)) this.drag.moved = true;
  }

  release() {
    // Who drags round an area has closed it; who drags between corners goes on.
    if (this.drag?.moved && this.drag.wasEmpty) this.close();
    this.drag = null;
  }

  #add(at) {
    const last = this.corners.at(-1);
    if (last && Math.hypot(at[0] - last[0], at[1] - last[1]) < this.drag.near) return false;
    this.corners.push(at);
    return true;
  }

  /** @returns {boolean} whether there were corners enough */
  close() {
    if (this.corners.length < 3) return false;
    const { corners } = this;
    this.corners = [];
    if (this.closed(corners) === false) this.corners = corners;
    return true;
  }

  /** Draws corners, and where the next edge would be, over one panel. */
  draw(pen, { toPanel, ratio, colour }) {
    const path = trace(new Path2D(), this.corners, toPanel);
    strokeTwice(pen, path, colour, ratio);
    if (this.drag?.moved || this.corners.length === 0) return;
    if (this.cursor) {
      const next = trace(new Path2D(), [this.corners.at(-1), this.cursor], toPanel);
      pen.setLineDash([4 * ratio, 4 * ratio]);
      strokeTwice(pen, next, colour, ratio);
      pen.setLineDash([]);
    }
    for (const corner of this.corners) drawHandle(pen, corner, { toPanel, ratio, colour });
  }
}

/** A line in a colour, on a dark one that shows it on any picture. */
export function strokeTwice(pen, path, colour, ratio) {
  for (const [style, width] of [
    [CASING, 4],
    [colour, 2],
  ]) {
    pen.strokeStyle = style;
    pen.lineWidth = width * ratio;
    pen.stroke(path);
  }
}

/** A corner, as a square of the same size at any zoom. */
export function drawHandle(pen, at, { toPanel, ratio, colour, size = 6 }) {
  const { x, y } = toPanel.transformPoint({ x: at[0], y: at[1] });
  for (const [style, side] of [
    [CASING, (size + 2) * ratio],
    [colour, size * ratio],
  ]) {
    pen.fillStyle = style;
    pen.fillRect(x - side / 2, y - side / 2, side, side);
  }
}

/** Adds corners to a path in device pixels. */
export function trace(path, corners, toPanel) {
  for (const [place, corner] of corners.entries()) {
    const { x, y } = toPanel.transformPoint({ x: corner[0], y: corner[1] });
    if (place === 0) path.moveTo(x, y);
    else path.lineTo(x, y);
  }
  return path;
}
