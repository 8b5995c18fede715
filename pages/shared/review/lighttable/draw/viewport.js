// Where on the pair one looks, and how large. Scales are device pixels per pixel of the pair:
// whole numbers, or one over a whole number, so that pixels stay squares of one size. Only where a
// whole number would leave much of the panel empty does fitting use a half (1.5, 2.5, 1 / 1.5).

const STEPS = [
  1 / 16,
  1 / 12,
  1 / 8,
  1 / 6,
  1 / 4,
  1 / 3,
  1 / 2,
  1,
  2,
  3,
  4,
  5,
  6,
  8,
  10,
  12,
  16,
  20,
  24,
  32,
  40,
  48,
  64,
];
const MARGIN = 2;
const WELL_FILLED = 0.78;

/** The scale that fits into `room`, the scale at which the pair would touch the panel's edge. */
function fitting(room) {
  if (room < 1) return 2 / Math.ceil(2 / Math.max(room, 1 / 64));
  const whole = Math.floor(room);
  return whole / room >= WELL_FILLED ? whole : Math.floor(2 * room) / 2;
}

export class Viewport {
  constructor() {
    this.scale = 1;
    // The middle of the panel as shares of the pair's size, which hold for the next pair as well.
    this.middle = [0.5, 0.5];
    this.fitted = true;
    this.size = [1, 1];
    this.panel = [1, 1];
  }

  /** @param {[number, number]} size of the pair @param {[number, number]} panel in device pixels */
  resize(size, panel) {
    this.size = size;
    this.panel = panel;
    if (this.fitted) this.fit();
  }

  /** All of the pair, as large as the panel allows. */
  fit() {
    const room = Math.min(...this.size.map((length, axis) => (this.panel[axis] - MARGIN) / length));
    this.scale = fitting(room);
    this.middle = [0.5, 0.5];
    this.fitted = true;
  }

  /** The panel's place of the pair's upper left corner, on whole device pixels. */
  get origin() {
    return this.size.map((length, axis) =>
      Math.round(this.panel[axis] / 2 - this.middle[axis] * length * this.scale),
    );
  }

  /** From a place in the panel to a place on the pair. @returns {[number, number]} */
  toPair(at) {
    return this.origin.map((from, axis) => (at[axis] - from) / this.scale);
  }

  /** @param {[number, number]} by device pixels */
  pan(by) {
    this.fitted = false;
    this.middle = this.middle.map((share, axis) => {
      const moved = share - by[axis] / this.scale / this.size[axis];
      return Math.min(Math.max(moved, 0), 1);
    });
  }

  /** A step in or out; what lies at `at` (a place in the panel) stays there. */
  zoom(direction, at = this.panel.map((length) => length / 2)) {
    const wanted =
      direction > 0
        ? STEPS.find((step) => step > this.scale)
        : STEPS.findLast((step) => step < this.scale);
    if (wanted === undefined) return;
    const kept = this.toPair(at);
    this.scale = wanted;
    this.fitted = false;
    this.middle = kept.map(
      (place, axis) => (place + (this.panel[axis] / 2 - at[axis]) / wanted) / this.size[axis],
    );
  }

  /** `×3`, `×1/2` */
  get title() {
    return this.scale >= 1 ? `×${this.scale}` : `×1/${Math.round(2 / this.scale) / 2}`;
  }
}
