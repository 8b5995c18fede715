// The tool that draws areas to be ignored: click by click, or by dragging round them.

import { patternTile } from "../draw/layers.js";
import { groundOf } from "../draw/pack.js";

const NEAR = 4; // CSS pixels: two clicks so near are one corner
const COLOUR = "#e69f00";

export class Ignore {
  /** @param {import("./repair.js").Repair} repair */
  constructor(repair) {
    this.repair = repair;
    this.title = "Ignore an area";
    this.#clear();
  }

  #clear() {
    /** @type {[number, number][][]} closed areas, in pixels of the pair */
    this.areas = [];
    /** @type {[number, number][]} the corners of the one that is being drawn */
    this.corners = [];
    this.drag = null;
  }

  open() {
    this.#clear();
    this.repair.table.stage.tool = this;
  }

  close() {
    this.#clear();
    this.repair.table.stage.tool = null;
  }

  words() {
    const { reasons } = this.repair.table.bar;
    const why = reasons.length ? ` Reason: ${reasons.join(", ")}.` : "";
    if (this.corners.length) return `${this.corners.length} corners.${why}`;
    if (this.areas.length) return `${this.areas.length} drawn, not saved yet.${why}`;
    return `Click corners, or drag round it.${why}`;
  }

  // the mouse, as the stage reports it: places on the pair, and the length of a CSS pixel there

  press(at, css) {
    this.drag = { near: NEAR * css, wasEmpty: this.corners.length === 0, moved: false };
    this.#add(at);
  }

  move(at) {
    if (this.drag && this.#add(at)) this.drag.moved = true;
  }

  release() {
    // Who drags round an area has closed it; who drags between corners goes on.
    if (this.drag?.moved && this.drag.wasEmpty) this.#closeArea();
    this.drag = null;
    this.repair.show();
  }

  doubleClick() {
    if (this.#closeArea()) this.repair.show();
  }

  #add(at) {
    const last = this.corners.at(-1);
    if (last && Math.hypot(at[0] - last[0], at[1] - last[1]) < this.drag.near) return false;
    this.corners.push(at);
    return true;
  }

  #closeArea() {
    if (this.corners.length < 3) return false;
    this.areas.push(this.corners);
    this.corners = [];
    return true;
  }

  // the keys

  /** Closes what is being drawn; when all is closed, saves. */
  async enter() {
    const { bar } = this.repair.table;
    if (this.corners.length) {
      if (!this.#closeArea()) bar.tell("An area has at least three corners.", "bad");
      return this.repair.show();
    }
    if (this.areas.length === 0) return bar.tell("Draw an area first.", "bad");
    const saved = [...this.areas];
    const item = await this.repair.save("ignore", this.#document(saved), () => {
      // What was drawn while it was being saved stays.
      this.areas = this.areas.filter((area) => !saved.includes(area));
    });
    if (!item) return;
    bar.tell(`Saved: ${item.edits.at(-1)?.text ?? "ignored"}`);
    this.repair.show();
  }

  back() {
    if (this.corners.length) this.corners.pop();
    else this.areas.pop();
    this.repair.show();
  }

  leave() {
    if (this.corners.length === 0) return this.repair.close();
    this.corners = [];
    this.repair.show();
  }

  #document(areas) {
    const { bar, stage } = this.repair.table;
    const { pack } = stage;
    const rings = areas.map((area) => [...area, area[0]].map(([x, y]) => groundOf(pack, x, y)));
    const features = rings.map((ring) => ({
      type: "Feature",
      properties: {},
      geometry: { type: "Polygon", coordinates: [ring] },
    }));
    const crs = { type: "name", properties: { name: pack.header.crs } };
    return {
      area: { type: "FeatureCollection", crs, features },
      reason: bar.reasons.join(", ") || null,
    };
  }

  /** Draws areas and corners over one panel. */
  draw(pen, { toPanel, ratio }) {
    const closed = new Path2D();
    for (const area of this.areas) trace(closed, area, toPanel).closePath();
    const open = trace(new Path2D(), this.corners, toPanel);
    pen.fillStyle = pen.createPattern(patternTile("rising", COLOUR, ratio), "repeat");
    pen.fill(closed);
    for (const path of [closed, open]) {
      for (const [style, width] of [
        ["rgba(0,0,0,.7)", 4],
        [COLOUR, 2],
      ]) {
        pen.strokeStyle = style;
        pen.lineWidth = width * ratio;
        pen.stroke(path);
      }
    }
    if (this.drag?.moved) return;
    for (const corner of this.corners) {
      const { x, y } = toPanel.transformPoint({ x: corner[0], y: corner[1] });
      pen.fillStyle = COLOUR;
      pen.fillRect(x - 3 * ratio, y - 3 * ratio, 6 * ratio, 6 * ratio);
    }
  }
}

function trace(path, corners, toPanel) {
  for (const [place, corner] of corners.entries()) {
    const { x, y } = toPanel.transformPoint({ x: corner[0], y: corner[1] });
    if (place === 0) path.moveTo(x, y);
    else path.lineTo(x, y);
  }
  return path;
}
