// The tool that moves the label: by keys, seen at once, saved as one edit.

import { number } from "../dom.js";
import { t } from "../language.js";

const WAYS = { Left: [-1, 0], Right: [1, 0], Up: [0, 1], Down: [0, -1] };

/** `2.50 m east, 1.00 m south` */
function metres([east, north]) {
  const part = (value, plus, minus) =>
    `${number(Math.abs(value), 2)} m ${value < 0 ? minus : plus}`;
  return `${part(east, t("east"), t("west"))}, ${part(north, t("north"), t("south"))}`;
}

export class Nudge {
  /** @param {import("./repair.js").Repair} repair */
  constructor(repair) {
    this.repair = repair;
    this.title = t("Move the label");
    /** How far east and north, in metres, beyond where the label is. */
    this.by = [0, 0];
  }

  open() {
    this.#set([0, 0]);
  }

  close() {
    this.#set([0, 0]);
  }

  #set(by) {
    // Sums of tenths that are as they are written, and never -0.
    this.by = by.map((value) => Math.round(value * 100) / 100 + 0);
    const { stage } = this.repair.table;
    const [a, , , , e] = stage.pack?.header.transform ?? [1, 0, 0, 0, -1, 0];
    stage.moved = [this.by[0] / a, this.by[1] / e];
  }

  /** @param {string} key an arrow, with or without Shift @param {number} step metres */
  move(key, step) {
    const way = WAYS[key.replace(/^.*Arrow/, "")];
    this.#set(this.by.map((value, axis) => value + way[axis] * step));
    this.repair.show();
  }

  takeMeasured() {
    const found = this.repair.table.item?.nudge?.proposed;
    if (!found) {
      return this.repair.table.bar.tell(t("No shift was measured that isn't taken already."));
    }
    this.#set([found.east_m, found.north_m]);
    this.repair.show();
  }

  words() {
    const { nudge } = this.repair.table.item ?? {};
    const said = [metres(this.by)];
    if (nudge?.east_m || nudge?.north_m) {
      said.push(t("moved before: {way}", { way: metres([nudge.east_m, nudge.north_m]) }));
    }
    const found = nudge?.proposed;
    if (found) {
      const way = { way: metres([found.east_m, found.north_m]) };
      said.push(
        found.reliable ? t("measured: {way}", way) : t("measured: {way}, not reliable", way),
      );
    }
    return said.join("  ·  ");
  }

  async save() {
    const [east, north] = this.by;
    if (!east && !north) return this.repair.table.bar.tell(t("The label wasn't moved."));
    const item = await this.repair.save("nudge", { east_m: east, north_m: north }, () => {
      // Keys pressed while it was being saved count from where the label is then.
      this.#set([this.by[0] - east, this.by[1] - north]);
    });
    if (!item) return;
    this.repair.table.bar.tell(t("Saved: {edit}", { edit: item.edits.at(-1)?.text ?? t("moved") }));
    this.repair.show();
  }
}
