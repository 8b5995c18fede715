// The panel of the gallery: a rule that is shown before it decides, and what was decided at once.

import { getJson, postJson } from "../lighttable/api.js";
import { element, number, say } from "../lighttable/dom.js";
import { pairs } from "./bar.js";
import { decideOnce } from "./sending.js";
import { t } from "../lighttable/language.js";

const VERDICTS = ["accept", "reject", "unsure"];
/** What is done with so many pairs, by verdict. */
const APPLY = {
  accept: (some) => t("accept {pairs}", { pairs: some }),
  reject: (some) => t("reject {pairs}", { pairs: some }),
  unsure: (some) => t("unsure {pairs}", { pairs: some }),
};

export class Panel {
  /** @param {import("./gallery.js").Gallery} gallery */
  constructor(gallery) {
    this.gallery = gallery;
    this.verdict = element(
      "select",
      { "aria-label": t("Verdict of the rule"), onchange: () => this.preview() },
      ...VERDICTS.map((verdict) => element("option", { value: verdict }, t(verdict))),
    );
    this.found = element("div", { class: "found", role: "status" });
    this.examples = element("div", { class: "examples" });
    this.audit = element("input", { type: "number", min: 0, step: 1, "aria-label": t("Audit") });
    this.apply = element("button", { type: "button", onclick: () => this.#apply() });
    this.doing = element(
      "div",
      {},
      element("label", { class: "row" }, t("Drawn for persons to look at"), this.audit, t("pairs")),
      this.apply,
    );
    this.batches = element("div", { class: "batches" });
    this.node = element(
      "aside",
      { hidden: true, "data-testid": "gallery-panel" },
      element("h3", {}, t("Rule: the filter decides")),
      element("label", { class: "row" }, t("Say of all undecided pairs that fit"), this.verdict),
      this.found,
      this.examples,
      this.doing,
      element("h3", {}, t("Decided at once")),
      this.batches,
    );
  }

  get isOpen() {
    return !this.node.hidden;
  }

  /** @param {boolean} open */
  show(open) {
    this.node.hidden = !open;
    this.refresh();
  }

  /** Reads again what the filter would do, and what was done. */
  async refresh() {
    if (this.isOpen) await Promise.all([this.preview(), this.#list()]);
  }

  get #asked() {
    const { filter, reviewer } = this.gallery.data;
    return { filter, reviewer, verdict: this.verdict.value };
  }

  async preview() {
    const asked = this.#asked;
    this.apply.disabled = true;
    try {
      const found = await postJson("/rules/preview", asked);
      if (asked.verdict === this.verdict.value) this.#previewed(found);
    } catch (error) {
      this.#empty(error.message);
    }
  }

  #empty(sentence) {
    this.found.replaceChildren(element("p", {}, sentence));
    this.examples.replaceChildren();
    this.doing.hidden = true;
  }

  #previewed({ text, sentences, examples, audit, pairs: count }) {
    this.#empty(`${text}.`);
    this.found.append(...sentences.map((sentence) => element("p", {}, sentence)));
    this.doing.hidden = count === 0;
    this.audit.max = count;
    this.audit.value = audit;
    this.apply.disabled = false;
    say(this.apply, APPLY[this.verdict.value](pairs(count)));
    if (examples.length === 0) return;
    this.examples.append(element("p", { class: "small" }, t("{count} of them at random:", { count: examples.length })));
    for (const pairId of examples) this.#example(pairId);
  }

  #example(pairId) {
    const frame = element("button", {
      type: "button",
      title: t("Open it on the light table"),
      onclick: () => this.gallery.open(pairId),
    });
    this.examples.append(frame);
    this.gallery.pictures.want(pairId, ({ url, problem }) =>
      frame.replaceChildren(url ? element("img", { src: url, alt: pairId }) : problem),
    );
  }

  async #apply() {
    this.apply.disabled = true;
    const asked = { ...this.#asked, audit: Number(this.audit.value) };
    const text = this.apply.textContent;
    await this.gallery.doing(async () => {
      const { batch_id: batchId, pairs: count, audited } = await decideOnce("/rules", asked);
      const found = { pairs: pairs(count), count: number(audited) };
      const told = audited
        ? t("{pairs} decided by the rule, {count} of them wait to be looked at", found)
        : t("{pairs} decided by the rule", found);
      return { batchId, text: t("{text}, by a rule", { text }), told };
    });
  }

  async #list() {
    try {
      const { batches } = await getJson("/batches");
      this.batches.replaceChildren(...batches.map((batch) => this.#entry(batch)));
      if (batches.length === 0) this.batches.append(element("p", {}, t("Nothing yet.")));
    } catch (error) {
      this.batches.replaceChildren(element("p", {}, error.message));
    }
  }

  #entry({ batch_id: batchId, text, pairs: count, reviewer, when, undone, audit }) {
    const done = undone ? t("undone") : null;
    return element(
      "div",
      { class: "batch", "data-batch": batchId },
      element("p", { class: "text", title: text }, text),
      element("p", { class: "small" }, `${pairs(count)}, ${when}, ${reviewer}`),
      audit && !undone
        ? element("p", { class: "small" }, t("Audit of {count}: {sentence}", {
            count: number(audit.size),
            sentence: audit.sentence,
          }))
        : null,
      element("p", { class: "row" }, done, ...(undone ? [] : this.#buttons(batchId, text, audit))),
    );
  }

  #buttons(batchId, text, audit) {
    const look = () => this.gallery.ask({ audit: batchId });
    const undo = () => this.gallery.undo({ batchId, text });
    return [
      element("button", { type: "button", onclick: undo }, t("Undo")),
      audit ? element("button", { type: "button", onclick: look }, t("Look at its audit")) : null,
    ];
  }
}
