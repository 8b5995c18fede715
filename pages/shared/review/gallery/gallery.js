// The gallery: many pairs at once, selected and decided together. This module puts the parts
// together and holds what outlives a re-draw of the page.

import { connect, isOfAnother, postJson } from "../lighttable/api.js";
import { element, number, say } from "../lighttable/dom.js";
import { Bar, pairs } from "./bar.js";
import { DECISION, ID, MINE } from "./cell.js";
import { Grid } from "./grid.js";
import { listen } from "./keys.js";
import { Panel } from "./panel.js";
import { Pictures } from "./pictures.js";
import { Selection } from "./selection.js";
import { decideOnce } from "./sending.js";
import { t } from "../lighttable/language.js";

const WIDTHS = [160, 220, 300, 400, 540];
const WIDTH_KEY = "review-gallery-width";
const DONE = {
  accept: t("accepted"),
  reject: t("rejected"),
  unsure: t("marked as unsure"),
};
// More than one sees at once are decided by a second press within this time.
const MANY = 100;
const SURE_MS = 5000;

export class Gallery {
  constructor() {
    this.selection = new Selection();
    this.pictures = new Pictures();
    /** @type {{batchId: string, text: string}[]} what was done here, the newest last */
    this.done = [];
    this.busy = false;
    this.#build();
    this.resize(0);
    listen(this);
  }

  #build() {
    this.grid = new Grid(this);
    this.bar = new Bar(this);
    this.panel = new Panel(this);
    this.count = element("span", { class: "count", role: "status" });
    this.progress = element("span", { class: "progress" });
    this.size = element("input", {
      type: "range",
      min: 0,
      max: WIDTHS.length - 1,
      value: Number(localStorage.getItem(WIDTH_KEY) ?? 2),
      "aria-label": t("Size of the pictures"),
      title: t("Size of the pictures (+, -)"),
      oninput: () => this.resize(0),
    });
    this.rules = element(
      "button",
      { type: "button", "aria-pressed": "false", onclick: () => this.#togglePanel() },
      t("Rule and batches"),
    );
    this.nothing = element(
      "p",
      { class: "nothing", hidden: true },
      t("No pair fits the filters. Change or clear them above the gallery."),
    );
    this.root = element(
      "div",
      { class: "lighttable gallery", "data-testid": "pair-gallery", "data-state": "loading" },
      element(
        "header",
        {},
        this.progress,
        this.count,
        element("span", { class: "gap" }),
        element("button", { type: "button", onclick: () => this.selectAll() }, t("Select all")),
        element("button", { type: "button", onclick: () => this.selectNone() }, t("None")),
        this.size,
        this.rules,
      ),
      element("div", { class: "main" }, this.grid.node, this.nothing, this.panel.node),
      this.bar.node,
    );
  }

  get isShown() {
    return this.root.isConnected;
  }

  // what the page gives

  /**
   * @param {object} data see `mount`
   * @param {(name: string, value: any) => void} trigger tells the page something
   * @param {boolean} arrived whether one comes from another page, or from the light table
   */
  async receive(data, trigger, arrived) {
    this.data = data;
    this.trigger = trigger;
    connect(data, () => trigger("counts", Date.now()));
    const asked = JSON.stringify([data.filter, data.order, data.reviewer]);
    if (arrived) {
      this.pictures.forget();
      this.grid.focus();
    }
    if (arrived || asked !== this.asked) await this.#readQueue(asked);
  }

  async #readQueue(asked) {
    const { filter, order, reviewer } = this.data;
    this.asked = asked;
    try {
      const found = await postJson("/queue", { filter, order, reviewer, details: true });
      if (asked !== this.asked) return;
      this.#show(found);
    } catch (error) {
      this.asked = null;
      this.bar.tell(t("The queue could not be read: {error}", { error: error.message }), "bad");
    }
  }

  #show({ pairs: rows, counts }) {
    this.rows = rows;
    this.selection.setOrder(rows.map((row) => row[ID]));
    this.grid.show(rows);
    this.nothing.hidden = rows.length > 0;
    this.#showProgress(counts);
    this.selected();
    this.panel.refresh();
    this.root.dataset.state = "ready";
  }

  #showProgress(counts) {
    const decided = counts.all - counts.undecided;
    const told = { count: number(decided), total: number(counts.all) };
    say(this.progress, t("{count} of {total} decided", told));
  }

  /** What is selected is another. */
  selected() {
    const { size } = this.selection;
    this.sure = null;
    const told = { count: number(size), total: number(this.rows?.length ?? 0) };
    say(this.count, t("{count} of {total} selected", told));
    this.bar.selected(size);
    this.grid.mark();
  }

  // what keys and buttons do

  step(by, how) {
    if (!this.rows?.length) return;
    this.selection.step(by, how);
    this.grid.reveal(this.selection.cursor);
    this.selected();
  }

  toggle() {
    this.selection.toggle(this.selection.cursor);
    this.selected();
  }

  selectAll() {
    this.selection.all();
    this.selected();
  }

  selectNone() {
    this.selection.none();
    this.selected();
  }

  reason(place) {
    this.bar.toggle(place);
  }

  focusNote() {
    this.bar.note.focus();
  }

  openCurrent() {
    const row = this.rows?.[this.selection.cursor];
    if (row) this.open(row[ID]);
  }

  /** @param {string} pairId is shown on the light table */
  open(pairId) {
    this.ask({ open: pairId });
  }

  /** Has the page do something. */
  ask(what) {
    this.trigger("asked", { ...what, at: Date.now() });
  }

  /** Larger or smaller pictures. @param {-1|0|1} by */
  resize(by) {
    this.size.value = Number(this.size.value) + by;
    localStorage.setItem(WIDTH_KEY, this.size.value);
    this.grid.resize(WIDTHS[this.size.value] ?? WIDTHS[2]);
  }

  #togglePanel() {
    this.panel.show(!this.panel.isOpen);
    this.rules.setAttribute("aria-pressed", String(this.panel.isOpen));
  }

  // deciding

  /** @param {"accept"|"reject"|"unsure"} verdict of all that is selected */
  decide(verdict) {
    const chosen = this.selection.chosen;
    if (chosen.length === 0) return this.bar.tell(t("Nothing is selected."));
    if (!this.#isSure(verdict, chosen.length)) return undefined;
    const { reviewer } = this.data;
    const { reasons, note } = this.bar;
    const asked = { verdict, reviewer, reasons, note: note.value.trim(), pair_ids: chosen };
    return this.doing(async () => {
      const { batch_id: batchId } = await decideOnce("/batches", asked);
      this.bar.clear();
      const told = `${number(chosen.length)} ${DONE[verdict]}`;
      return { batchId, text: told, told };
    });
  }

  #isSure(verdict, count) {
    if (count <= MANY || (this.sure?.verdict === verdict && Date.now() < this.sure.until)) return true;
    this.sure = { verdict, until: Date.now() + SURE_MS };
    const told = { pairs: pairs(count), decided: DONE[verdict] };
    this.bar.tell(t("Once more to have {pairs} {decided}.", told));
    return false;
  }

  /** Takes back what was done last here, or a batch. @param {{batchId: string, text: string}} [which] */
  undo(which = this.done.at(-1)) {
    if (!which) return this.bar.tell(t("Nothing was decided here that could be undone."));
    const { reviewer } = this.data;
    return this.doing(async () => {
      const asked = { batch_id: which.batchId, reviewer };
      const { undone } = await postJson("/batches/undo", asked);
      this.done = this.done.filter(({ batchId }) => batchId !== which.batchId);
      return { told: t("Took back: {text} ({pairs})", { text: which.text, pairs: pairs(undone) }) };
    });
  }

  /**
   * One thing at a time that decides about many pairs; then all decisions are read again.
   * @param {() => Promise<{told: string, batchId?: string, text?: string}>} work
   */
  async doing(work) {
    if (this.busy) return;
    this.busy = true;
    this.root.dataset.state = "saving";
    try {
      const { told, batchId, text } = await work();
      if (batchId) this.done.push({ batchId, text });
      await this.#readDecisions();
      this.bar.tell(batchId ? t("{told}. Undo: Z", { told }) : told);
      this.trigger("counts", Date.now());
    } catch (error) {
      this.bar.tell(t("Not saved: {error}", { error: error.message }), "bad");
    } finally {
      this.busy = false;
      this.root.dataset.state = "ready";
    }
    this.bar.offerUndo(this.done.at(-1));
    await this.panel.refresh();
  }

  /** Pairs stay where they are, also those that the filter doesn't take any more. */
  async #readDecisions() {
    const { reviewer } = this.data;
    const { pairs: rows, counts } = await postJson("/queue", { order: "mask name", reviewer });
    const found = new Map(rows.map((row) => [row[ID], row]));
    for (const row of this.rows) {
      const now = found.get(row[ID]);
      if (now) [row[DECISION], row[MINE]] = [now[DECISION], now[MINE]];
    }
    this.#showProgress(counts);
    this.selection.none();
    this.selected();
    this.grid.decided();
  }
}

/** @type {Gallery|undefined} one for the life of the browser tab */
let gallery;

async function style(place) {
  for (const name of ["../lighttable/lighttable.css", "gallery.css"]) {
    const sheet = await fetch(new URL(name, import.meta.url));
    place.append(element("style", {}, await sheet.text()));
  }
}

/**
 * Shows the gallery in a component of Streamlit; called again whenever its data change.
 * @param {object} component
 * @param {{api: string, key: string, workspace: string, reviewer: string, filter: object,
 *   order: string}} component.data
 * @param {HTMLElement|ShadowRoot} component.parentElement
 * @param {(name: string, value: any) => void} component.setTriggerValue
 */
export default async function mount({ data, parentElement, setTriggerValue }) {
  if (isOfAnother(data)) {
    window.location.reload();
    return;
  }
  if (!gallery) connect(data, () => {});
  gallery ??= new Gallery();
  const arrived = gallery.root.parentNode !== parentElement;
  if (arrived) {
    await style(parentElement);
    parentElement.append(gallery.root);
  }
  await gallery.receive(data, setTriggerValue, arrived);
}
