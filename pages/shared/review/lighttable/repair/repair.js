// Repairing a pair instead of rejecting it: which tool is open, and what is saved.

import { ACTIONS, DECIDING, keyText } from "../actions.js";
import { postJson } from "../api.js";
import { button, showPressed } from "../panels/buttons.js";
import { element, say } from "../dom.js";
import { Film } from "./film.js";
import { Ignore } from "./ignore.js";
import { Making } from "./making.js";
import { Nudge } from "./nudge.js";
import { newToken } from "../pairs/outbox.js";
import { Relabel } from "../relabel/relabel.js";
import { t } from "../language.js";

/**
 * @typedef {object} Tool
 * @property {string} title
 * @property {() => void} open called with the pair on the screen
 * @property {() => void} close drops what isn't saved
 * @property {() => string} words what the tool's line says now
 * @property {Node[]} [parts] what it has in its line beside words and keys
 */

export class Repair {
  /** @param {import("../lighttable.js").LightTable} table */
  constructor(table) {
    this.table = table;
    this.making = new Making(table);
    /** @type {Record<string, Tool>} */
    this.tools = {
      ignore: new Ignore(this),
      nudge: new Nudge(this),
      film: new Film(this),
      relabel: new Relabel(this),
    };
    /** @type {string|null} the tool that is open */
    this.active = null;
    this.saving = false;
    // What was sent and not answered: sent once more, it has the same token.
    this.unanswered = { asked: "", token: "" };
    this.title = element("b");
    this.words = element("span", { class: "words", role: "status" });
    this.parts = element("span", { class: "tool-parts" });
    this.keys = element("span", { class: "tool-keys" });
    this.line = element(
      "div",
      { class: "tool-line", role: "toolbar", "aria-label": t("Repair"), hidden: true },
      this.title,
      this.parts,
      this.words,
      this.keys,
    );
    table.bar.node.append(this.line);
    table.strip.node.append(this.making.node);
    table.stage.node.append(this.tools.film.node);
  }

  /** Opens a tool, or closes it when it is open. @param {string} id */
  toggle(id) {
    const { table, active } = this;
    this.close();
    if (active === id) return;
    const why = this.#whyNot();
    if (why) return table.bar.tell(why, "bad");
    this.active = id;
    this.parts.replaceChildren(...(this.tools[id].parts ?? []));
    this.tools[id].open();
    say(this.title, this.tools[id].title);
    this.keys.replaceChildren(...keysOf(id, table));
    this.line.hidden = false;
    this.show();
  }

  #whyNot() {
    const { state, item, pairId } = this.table;
    if (state !== "ready" || !item) return t("There is no picture of a pair to repair.");
    return item.superseded ?? this.making.whyNot(pairId);
  }

  close() {
    if (!this.active) return;
    this.tools[this.active].close();
    this.active = null;
    this.line.hidden = true;
    this.table.stage.draw();
  }

  /** Draws the tool anew: its line and what it has over the pictures. */
  show() {
    if (!this.active) return;
    say(this.words, this.tools[this.active].words());
    this.words.title = this.words.textContent;
    showPressed(this.keys, this.table);
    this.table.stage.draw();
  }

  /** Whether an action has to wait until the tool is closed; says so. */
  holdsBack(action) {
    if (!this.active || !DECIDING.includes(action.group)) return false;
    const { title } = this.tools[this.active];
    this.table.bar.tell(t("{title}: deciding keys are off. Esc leaves.", { title }), "bad");
    return true;
  }

  /**
   * Saves an edit of the pair that is shown, and paints the pair as it is then.
   * @param {"ignore"|"nudge"|"undo"} kind
   * @param {object} document
   * @param {() => void} [saved] called right before the pair is painted with the edit
   * @returns {Promise<object|null>} the pair as it is now; null when nothing was saved
   */
  async save(kind, document, saved) {
    const { table } = this;
    if (this.saving) return null;
    const pairId = table.pairId;
    const edit = { pair_id: pairId, kind, document, reviewer: table.data.reviewer };
    this.saving = true;
    table.bar.tell(t("Saving the repair …"));
    try {
      const item = await postJson("/edits", { token: this.#tokenOf(edit), ...edit });
      this.unanswered = { asked: "", token: "" };
      await table.renew(pairId, saved);
      return item;
    } catch (error) {
      const why = t("Not saved: {error} What is drawn is still there.", { error: error.message });
      table.bar.tell(why, "bad");
      return null;
    } finally {
      this.saving = false;
    }
  }

  #tokenOf(edit) {
    const asked = JSON.stringify(edit);
    if (this.unanswered.asked !== asked) this.unanswered = { asked, token: newToken() };
    return this.unanswered.token;
  }

  /** Takes the reviewer's newest edit of this pair back. */
  async undo() {
    const { table } = this;
    const mine = table.item?.edits?.findLast(({ who }) => who === table.data.reviewer);
    if (!mine) return table.bar.tell(t("You have repaired nothing of this pair."));
    if (await this.save("undo", {})) {
      table.bar.tell(t("Took back: {edit}", { edit: mine.text }));
    }
    this.show();
  }
}

/** `⇧←→↑↓` */
const keysText = (keys) => keys.map(keyText).join("").replace(/(?!^)⇧/g, "");

function keysOf(tool, table) {
  const shown = ACTIONS.filter((one) => one.tool === tool && (one.short ?? one.hint));
  return shown.map(({ id, keys, short, hint, title }) =>
    short
      ? button(id, table, { withKey: true })
      : element(
          "span",
          { class: "hint", title },
          element("kbd", {}, keysText(keys)),
          ` ${hint}`,
        ),
  );
}
