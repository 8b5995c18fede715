// The lower edge of the gallery: reasons and a note, then what is said of all that is selected.

import { REASONS, reasonsText } from "../lighttable/actions.js";
import { element, number, say } from "../lighttable/dom.js";
import { t } from "../lighttable/language.js";

const NOTE_LENGTH = 500;
const VERDICTS = {
  accept: [t("Accept"), "A"],
  reject: [t("Reject"), "X"],
  unsure: [t("Unsure"), "U"],
};

export class Bar {
  /** @param {import("./gallery.js").Gallery} gallery */
  constructor(gallery) {
    /** @type {Set<string>} */
    this.chosen = new Set();
    this.chips = REASONS.map((reason, place) =>
      element(
        "button",
        { type: "button", "aria-pressed": "false", onclick: () => this.toggle(place) },
        reasonsText([reason]),
        element("kbd", {}, String((place + 1) % 10)),
      ),
    );
    this.note = element("input", {
      class: "note",
      type: "text",
      maxlength: NOTE_LENGTH,
      placeholder: t("note (N)"),
      "aria-label": t("Note"),
      onkeydown: (event) => {
        if (["Enter", "Escape"].includes(event.key)) this.note.blur();
        event.stopPropagation();
      },
    });
    this.verdicts = Object.entries(VERDICTS).map(([verdict, [name, key]]) =>
      element(
        "button",
        { type: "button", class: `verdict ${verdict}`, onclick: () => gallery.decide(verdict) },
        name,
        element("kbd", {}, key),
      ),
    );
    this.undo = element(
      "button",
      { type: "button", disabled: true, onclick: () => gallery.undo() },
      t("Undo"),
      element("kbd", {}, "Z"),
    );
    this.notice = element("span", { class: "notice", role: "status" });
    this.node = element(
      "footer",
      {},
      element(
        "div",
        { class: "reasons", role: "group", "aria-label": t("Reasons") },
        ...this.chips,
        this.note,
      ),
      element("div", { class: "decisions" }, ...this.verdicts, this.undo, this.notice),
    );
  }

  /** @param {number} place of a reason, from 0 */
  toggle(place) {
    const reason = REASONS[place];
    if (!this.chosen.delete(reason)) this.chosen.add(reason);
    this.chips[place].setAttribute("aria-pressed", String(this.chosen.has(reason)));
  }

  get reasons() {
    return [...this.chosen];
  }

  clear() {
    for (const [place, reason] of REASONS.entries()) if (this.chosen.has(reason)) this.toggle(place);
    this.note.value = "";
  }

  /** @param {number} count of the pairs that are selected */
  selected(count) {
    for (const button of this.verdicts) button.disabled = count === 0;
  }

  /** @param {{text: string}|undefined} last what was done last, and can be undone */
  offerUndo(last) {
    this.undo.disabled = !last;
    this.undo.title = last
      ? t("Undo: {text} (Z)", { text: last.text })
      : t("Nothing was decided here yet (Z)");
  }

  /** @param {string} text @param {"bad"|""} [tone] */
  tell(text, tone = "") {
    say(this.notice, text);
    this.notice.title = text;
    this.notice.className = `notice ${tone}`;
  }
}

/** `1 pair`, `412 pairs`. */
export const pairs = (count) =>
  count === 1 ? t("1 pair") : t("{count} pairs", { count: number(count) });
