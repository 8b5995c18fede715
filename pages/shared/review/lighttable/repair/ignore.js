// The tool that draws areas to be ignored.

import { reasonsText } from "../actions.js";
import { patternTile } from "../draw/layers.js";
import { groundOf } from "../draw/pack.js";
import { Sketch, strokeTwice, trace } from "./sketch.js";
import { t } from "../language.js";

const COLOUR = "#e69f00";

export class Ignore {
  /** @param {import("./repair.js").Repair} repair */
  constructor(repair) {
    this.repair = repair;
    this.title = t("Ignore an area");
    this.sketch = new Sketch((area) => this.areas.push(area));
    this.#clear();
  }

  #clear() {
    /** @type {[number, number][][]} closed areas, in pixels of the pair */
    this.areas = [];
    this.sketch.clear();
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
    const reason = t("Reason: {reason}", { reason: reasonsText(reasons) });
    return reasons.length ? `${this.#drawn} ${reason}.` : this.#drawn;
  }

  get #drawn() {
    const corners = this.sketch.corners.length;
    if (corners) return t("{count} corners.", { count: corners });
    const areas = this.areas.length;
    if (areas) return t("{count} drawn, not saved yet.", { count: areas });
    return t("Click corners, or drag round it.");
  }

  press(at, css) {
    this.sketch.press(at, css);
  }

  move(at) {
    this.sketch.move(at);
  }

  release() {
    this.sketch.release();
    this.repair.show();
  }

  doubleClick() {
    if (this.sketch.close()) this.repair.show();
  }

  // the keys

  /** Closes what is being drawn; when all is closed, saves. */
  async enter() {
    const { bar } = this.repair.table;
    if (this.sketch.corners.length) {
      if (!this.sketch.close()) bar.tell(t("An area has at least three corners."), "bad");
      return this.repair.show();
    }
    if (this.areas.length === 0) return bar.tell(t("Draw an area first."), "bad");
    const saved = [...this.areas];
    const item = await this.repair.save("ignore", this.#document(saved), () => {
      // What was drawn while it was being saved stays.
      this.areas = this.areas.filter((area) => !saved.includes(area));
    });
    if (!item) return;
    bar.tell(t("Saved: {edit}", { edit: item.edits.at(-1)?.text ?? t("ignored") }));
    this.repair.show();
  }

  back() {
    if (this.sketch.corners.length) this.sketch.corners.pop();
    else this.areas.pop();
    this.repair.show();
  }

  leave() {
    if (this.sketch.corners.length === 0) return this.repair.close();
    this.sketch.clear();
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
    pen.fillStyle = pen.createPattern(patternTile("rising", COLOUR, ratio), "repeat");
    pen.fill(closed);
    strokeTwice(pen, closed, COLOUR, ratio);
    this.sketch.draw(pen, { toPanel, ratio, colour: COLOUR });
  }
}
