// The tool that edits the label: polygons of a class are drawn or erased, corners moved. The server
// says after each step what becomes of the label, by the functions that save it.

import { getJson, postJson } from "../api.js";
import { drawRegions } from "../draw/labels.js";
import { drawHandle, Sketch, strokeTwice, trace } from "../repair/sketch.js";
import { settings } from "../settings.js";
import { Palette } from "./palette.js";
import { Polygons } from "./polygons.js";
import { t } from "../language.js";

const REACH = 8; // CSS pixels
const PULL = 3; // CSS pixels: a hand that moves less has clicked
// Corners are shown so near to the cursor, in CSS pixels, unless they are too many to tell apart.
const AROUND = 90;
const MOST_HANDLES = 400;
const HANDLE = "#ffffff";

/**
 * @typedef {object} Step
 * @property {object} operation as the server takes it
 * @property {object} change what the label is after it: see `Polygons.show`
 *
 * @typedef {object} Draft what is drawn on a pair and not saved
 * @property {Step[]} done
 * @property {Step[]} undone
 * @property {boolean} isSent whether the browser keeps it until the server has it
 */

export class Relabel {
  /** @param {import("../repair/repair.js").Repair} repair */
  constructor(repair) {
    this.repair = repair;
    this.title = t("Edit label");
    this.sketch = new Sketch((corners) => this.#paint(corners));
    this.palette = new Palette(() => this.#changed());
    this.parts = [this.palette.node];
    /** @type {Map<string, Draft>} by pair: who goes elsewhere finds them again */
    this.drafts = new Map();
    /** @type {Polygons|null} */
    this.polygons = null;
    this.shapesCorners = false;
    this.#rest();
    // The browser asks before the page, and what isn't saved, goes.
    window.addEventListener("beforeunload", (event) => {
      const isUnsaved = ({ done, isSent }) => done.length > 0 && !isSent;
      if ([...this.drafts.values()].some(isUnsaved)) event.preventDefault();
    });
  }

  /** Nothing is under way: no corner is pulled, no question is open. */
  #rest() {
    /** @type {import("./polygons.js").Grip|null} */
    this.grip = null;
    this.pulled = null;
    this.pending = null;
    this.asks = false;
    this.cursor = null;
    this.sketch.clear();
  }

  async open() {
    const { table } = this.repair;
    const { pairId } = table;
    const { pack } = table.stage;
    this.#rest();
    this.pairId = pairId;
    this.draft = this.drafts.get(pairId) ?? { done: [], undone: [], isSent: false };
    this.drafts.set(pairId, this.draft);
    this.polygons = null;
    this.palette.show(pack);
    table.stage.tool = this;
    try {
      const label = await getJson(this.#path);
      if (!this.#isOpenOn(pairId)) return;
      this.polygons = new Polygons(pack, label);
      this.#changed();
    } catch (error) {
      if (!this.#isOpenOn(pairId)) return;
      this.repair.close();
      table.bar.tell(t("The label could not be read: {error}", { error: error.message }), "bad");
    }
  }

  get #path() {
    return `/pairs/${encodeURIComponent(this.pairId)}/label`;
  }

  #isOpenOn(pairId) {
    return this.repair.table.stage.tool === this && this.pairId === pairId;
  }

  close() {
    this.repair.table.stage.tool = null;
    if (this.draft.done.length === 0) this.drafts.delete(this.pairId);
    else this.repair.table.bar.tell(t("What you drew waits here: Edit label goes on with it."));
    this.polygons = null;
    this.#rest();
  }

  words() {
    if (!this.polygons) return t("Reading the label …");
    const count = this.draft.done.length;
    const changes = count === 1 ? t("1 change") : t("{count} changes", { count });
    if (this.asks) return t("Drop {changes}? Esc once more drops, Enter saves.", { changes });
    if (this.pending) return t("Working …");
    const corners = this.sketch.corners.length;
    if (corners) return t("{count} corners", { count: corners });
    if (count) return t("{changes} not saved", { changes });
    return this.shapesCorners
      ? t("Pull corners or edges; Delete takes a corner away.")
      : t("Click corners, or drag round an area.");
  }

  #changed() {
    this.asks = false;
    this.grip = null;
    this.polygons?.show(this.draft.done.at(-1)?.change ?? null);
    this.repair.show();
  }

  // the mouse, as the stage reports it

  press(at, css) {
    this.asks = false;
    if (!this.polygons) return;
    if (!this.shapesCorners) return this.sketch.press(at, css);
    this.grip = this.polygons.gripAt(at, REACH * css);
    this.pressed = at;
    this.pulled = null;
  }

  move(at, css, isDown) {
    if (!this.polygons) return;
    if (!this.shapesCorners) return this.sketch.move(at);
    this.cursor = { at, around: AROUND * css };
    if (!isDown) this.grip = this.polygons.gripAt(at, REACH * css);
    else if (this.grip) {
      const away = Math.hypot(at[0] - this.pressed[0], at[1] - this.pressed[1]);
      if (this.pulled || away > PULL * css) this.pulled = at;
    }
  }

  release() {
    const { grip, pulled } = this;
    this.sketch.release();
    this.pulled = null;
    if (grip && pulled && !this.#mustWait()) {
      this.#apply({ kind: "move", at: grip.ground, to: this.polygons.groundOf(pulled) });
    }
    this.repair.show();
  }

  doubleClick() {
    if (this.shapesCorners) this.removeCorner();
    else if (this.sketch.close()) this.repair.show();
  }

  /** Whether a step is being worked out; says so. */
  #mustWait() {
    if (this.pending) this.repair.table.bar.tell(t("The step before is being worked out."), "bad");
    return Boolean(this.pending);
  }

  /** @returns {boolean} whether the boundary is taken */
  #paint(corners) {
    if (this.#mustWait()) return false;
    const ring = corners.map((place) => this.polygons.groundOf(place));
    this.pending = corners;
    this.#apply({ kind: "paint", value: this.palette.value, ring });
    return true;
  }

  /** Does a step as the server says; one that can't be leaves all as it is. */
  async #apply(operation) {
    const { pairId, draft, repair } = this;
    const operations = [...draft.done.map((step) => step.operation), operation];
    const boundary = this.pending;
    this.pending ??= [];
    try {
      const change = await postJson(this.#path, { operations });
      draft.done.push({ operation, change });
      draft.undone = [];
    } catch (error) {
      // The boundary stays, to be mended or closed again.
      const isFree = this.#isOpenOn(pairId) && this.sketch.corners.length === 0;
      if (isFree) this.sketch.corners = boundary ?? [];
      repair.table.bar.tell(error.message.replace(/^Step \d+: /, ""), "bad");
    }
    if (!this.#isOpenOn(pairId)) return;
    this.pending = null;
    this.#changed();
  }

  // the keys

  /** Closes what is being drawn; when all is closed, saves. */
  enter() {
    const { bar } = this.repair.table;
    if (this.sketch.corners.length) {
      if (!this.sketch.close()) bar.tell(t("An area has at least three corners."), "bad");
      return this.repair.show();
    }
    if (this.pending) return;
    if (this.draft.done.length === 0) return bar.tell(t("Nothing is changed yet."), "bad");
    this.#save();
  }

  async #save() {
    const { pairId, draft, repair } = this;
    const operations = draft.done.map((step) => step.operation);
    const name = repair.table.item?.mask_name ?? pairId;
    repair.close();
    draft.isSent = true;
    if (await repair.making.relabel({ pair_id: pairId, operations, name })) {
      this.drafts.delete(pairId);
    } else draft.isSent = false; // what was refused can be mended
  }

  /** Takes the last corner back, else the last step. */
  back() {
    if (this.sketch.corners.length) this.sketch.corners.pop();
    else if (!this.pending && this.draft.done.length) this.draft.undone.push(this.draft.done.pop());
    this.#changed();
  }

  redo() {
    const step = this.pending ? undefined : this.draft.undone.pop();
    if (step) this.draft.done.push(step);
    this.#changed();
  }

  /** Between drawing and moving corners. */
  toggleCorners() {
    this.shapesCorners = !this.shapesCorners;
    this.sketch.clear();
    this.#changed();
  }

  /** Takes the corner under the cursor away. */
  removeCorner() {
    if (!this.grip?.isCorner) return this.repair.table.bar.tell(t("Point at a corner."), "bad");
    if (!this.#mustWait()) this.#apply({ kind: "remove", at: this.grip.ground });
  }

  backOrRemove() {
    if (this.shapesCorners) this.removeCorner();
    else this.back();
  }

  chooseClass(key) {
    if (/^\d$/.test(key)) this.palette.press(Number(key));
    else this.palette.step(key === "ArrowLeft" ? -1 : 1);
    this.#changed();
  }

  /** Drops what is being drawn; then leaves, after a question where something isn't saved. */
  leave() {
    if (this.sketch.corners.length) this.sketch.clear();
    else if (this.draft.done.length === 0) return this.repair.close();
    else if (this.asks) {
      this.draft.done = [];
      return this.repair.close();
    } else {
      this.asks = true;
    }
    this.repair.show();
  }

  // how it looks

  /** The label as it would be saved, in place of that of the pair. */
  drawLabel(pen, { toPanel, ratio }) {
    if (!this.polygons) return;
    const label = settings.label === "fill" ? "fill" : "outline";
    const regionOf = (value) => this.polygons.regions.get(value);
    const how = { matrix: toPanel, ratio, settings: { ...settings, label, hidden: [] } };
    drawRegions(pen, this.polygons.pack, regionOf, how);
  }

  /** What is being drawn, over one panel. */
  draw(pen, { toPanel, ratio }) {
    if (!this.polygons) return;
    const { colour } = this.palette.chosen;
    this.sketch.draw(pen, { toPanel, ratio, colour });
    if (this.pending?.length) {
      const path = trace(new Path2D(), this.pending, toPanel);
      path.closePath();
      strokeTwice(pen, path, colour, ratio);
    }
    if (this.shapesCorners && this.cursor) this.#drawCorners(pen, { toPanel, ratio });
  }

  #drawCorners(pen, { toPanel, ratio }) {
    const { at: middle, around } = this.cursor;
    const near = this.polygons.cornersAround(middle, around);
    for (const at of near.length > MOST_HANDLES ? [] : near) {
      drawHandle(pen, at, { toPanel, ratio, colour: HANDLE, size: 4 });
    }
    if (!this.grip) return;
    const at = this.pulled ?? this.grip.place;
    if (this.pulled) {
      const path = new Path2D();
      for (const end of this.polygons.neighbours(this.grip)) trace(path, [end, at], toPanel);
      pen.setLineDash([4 * ratio, 4 * ratio]);
      strokeTwice(pen, path, HANDLE, ratio);
      pen.setLineDash([]);
    }
    const colour = this.grip.isCorner ? "#f0e442" : "#56b4e9";
    drawHandle(pen, at, { toPanel, ratio, colour, size: 8 });
  }
}
