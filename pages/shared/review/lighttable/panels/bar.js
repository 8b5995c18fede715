// The bottom edge: reasons and note, then the decisions.

import { REASONS, action } from "../actions.js";
import { button } from "./buttons.js";
import { element, say } from "../dom.js";
import { t } from "../language.js";

const NOTE_LENGTH = 500;

export class Bar {
  /** @param {import("../lighttable.js").LightTable} table */
  constructor(table) {
    this.reasons = [];
    this.note = element("input", {
      class: "note",
      type: "text",
      maxlength: NOTE_LENGTH,
      placeholder: t("note (N)"),
      title: t("In your own words; Enter or Esc gives the keys back (N)"),
      "aria-label": t("Note"),
      onkeydown: (event) => {
        if (["Enter", "Escape"].includes(event.key)) this.note.blur();
        event.stopPropagation();
      },
    });
    this.chips = new Map(
      REASONS.map((reason) => [reason, button(`reason ${reason}`, table, { withKey: true })]),
    );
    this.verdicts = ["accept", "reject", "unsure"].map((id) =>
      button(id, table, { withKey: true, class: `verdict ${id}` }),
    );
    this.confirm = button("confirm", table, { withKey: true, class: "verdict confirm" });
    this.undo = button("undo", table, { withKey: true });
    this.notice = element("span", { class: "notice", role: "status" });
    this.node = element(
      "footer",
      {},
      element(
        "div",
        { class: "reasons", role: "group", "aria-label": t("Reasons") },
        ...this.chips.values(),
        this.note,
      ),
      element(
        "div",
        { class: "decisions" },
        button("back", table, { withKey: true }),
        ...this.verdicts,
        this.undo,
        button("next", table, { withKey: true }),
        this.confirm,
        this.notice,
      ),
    );
    this.clear();
  }

  /** For the next pair: no reason is chosen. */
  clear() {
    this.reasons = [];
    this.note.value = "";
    this.#show();
  }

  focusNote() {
    this.note.focus();
  }

  toggleReason(reason) {
    const on = !this.reasons.includes(reason);
    // In the order of the keys, however they were pressed: the same reasons read the same.
    this.reasons = REASONS.filter((one) => (one === reason ? on : this.reasons.includes(one)));
    this.#show();
    if (on && reason === "other") this.focusNote();
  }

  /** What is proposed from an earlier pair, or null. */
  propose(proposal) {
    this.confirm.hidden = !proposal;
    this.confirm.disabled = !proposal?.verdict;
    const { verdict } = proposal ?? {};
    const text = verdict ? t("Confirm: {verdict}", { verdict: t(verdict) }) : t("Confirm");
    say(this.confirm.firstChild, text);
  }

  /** Whether a decision settles a conflict. @param {boolean} on */
  settle(on) {
    for (const verdict of this.verdicts) {
      const { title } = action(verdict.dataset.action);
      say(verdict.firstChild, on ? t("Settle: {verdict}", { verdict: title.toLowerCase() }) : title);
    }
  }

  /** @param {object|null} last the decision that undo takes back */
  offerUndo(last) {
    this.undo.disabled = !last;
    this.undo.title = last
      ? t("Undo your last decision: {verdict} of {name}; the log keeps both (Z)", {
          verdict: t(last.verdict),
          name: last.mask_name,
        })
      : t("Undo your last decision: you have decided nothing yet (Z)");
  }

  /** A sentence about what was just done. @param {string} text @param {"bad"|""} [tone] */
  tell(text, tone = "") {
    say(this.notice, text);
    this.notice.title = text;
    this.notice.className = `notice ${tone}`;
  }

  #show() {
    for (const [reason, chip] of this.chips) {
      chip.setAttribute("aria-pressed", String(this.reasons.includes(reason)));
    }
  }
}
