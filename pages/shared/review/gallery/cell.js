// One pair of the gallery: its picture, its name and how it stands.

import { element } from "../lighttable/dom.js";
import { t } from "../lighttable/language.js";

/** Sign and word of each decision: the sign tells them apart without colour. */
export const BADGES = {
  accepted: "✓",
  rejected: "✕",
  unsure: "?",
  conflict: "≠",
  undecided: "○",
};

/** A row as the server gives it. */
export const [ID, NAME, DECISION, MINE, BEFORE, DETAIL] = [0, 1, 2, 3, 4, 5];

export class Cell {
  /** @param {any[]} row @param {number} place */
  constructor(row, place) {
    this.row = row;
    this.frame = element("div", { class: "frame" });
    this.badge = element("span", { class: "badge" });
    this.node = element(
      "div",
      { class: "cell", role: "gridcell", "data-place": place, "data-pair-id": row[ID] },
      this.frame,
      element("div", { class: "name", title: row[NAME] }, row[NAME]),
      element("div", { class: "detail" }, row[DETAIL]),
      this.badge,
    );
    this.decided();
  }

  /** Shows the decision as it is now. */
  decided() {
    const decision = this.row[DECISION] ?? "undecided";
    const before = decision === "undecided" && this.row[BEFORE];
    this.badge.dataset.decision = decision;
    this.badge.textContent = `${BADGES[decision]} ${t(decision)}${before ? `, ${before}` : ""}`;
  }

  /** @param {{url?: string, problem?: string}} found */
  picture({ url, problem }) {
    const shown = url
      ? element("img", { src: url, alt: this.row[NAME], draggable: "false" })
      : element("span", { class: "problem" }, t("The files of this pair can't be read. {problem}", { problem }));
    this.frame.replaceChildren(shown);
  }

  /** @param {boolean} selected @param {boolean} current whether the keys stand here */
  mark(selected, current) {
    this.node.setAttribute("aria-selected", String(selected));
    this.node.classList.toggle("current", current);
  }
}
