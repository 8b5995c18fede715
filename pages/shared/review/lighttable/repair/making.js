// Pairs that are being made of another scene or label while the reviewer goes on.

import { getJson, keptUnder, postJson } from "../api.js";
import { action, keyText } from "../actions.js";
import { element, say } from "../dom.js";
import { Outbox } from "../pairs/outbox.js";
import { t } from "../language.js";

const ASK_AGAIN_MS = 1500;
const PLACE = "review-making";

/** Those of before the page was loaded again, in this tab. @returns {Made[]} */
function stored() {
  try {
    return JSON.parse(sessionStorage.getItem(keptUnder(PLACE))) ?? [];
  } catch {
    return [];
  }
}

const openKey = () => keyText(action("new pair").keys[0]);
const editKey = () => keyText(action("relabel").keys[0]);

/** @typedef {{pairId: string, before: string, name: string, there: boolean}} Made */

export class Making {
  /** @param {import("../lighttable.js").LightTable} table */
  constructor(table) {
    this.table = table;
    /** @type {Made[]} oldest first */
    this.pairs = stored();
    this.labels = new Outbox("/labels", "review-labels", () => this.#show());
    this.node = element("button", {
      type: "button",
      class: "making",
      hidden: true,
      onclick: () => this.open(),
    });
    this.#show();
    for (const made of this.pairs) if (!made.there) this.#follow(made);
  }

  /** Sends labels that an earlier page could not. */
  resume() {
    for (const answer of this.labels.resume()) this.#labelSent(answer);
  }

  /** Why the pair can't be repaired now, or null. */
  whyNot(pairId) {
    const isSent = [...this.labels.waiting.values()].some((one) => one.pair_id === pairId);
    return isSent ? t("The edited label of this pair is being saved.") : null;
  }

  /**
   * Chooses a scene and has its pair made.
   * @param {string} before the pair that is there @param {object} scene @param {string} name
   * @returns {Promise<boolean>} whether the pair is being made
   */
  async choose(before, scene, name) {
    const { bar } = this.table;
    bar.tell(t("Choosing the scene …"));
    try {
      const found = await postJson("/choose", { pair_id: before, scene_id: scene.scene_id });
      return this.#begun(found, { before, name, what: t("of {day}", { day: scene.day }) });
    } catch (error) {
      bar.tell(t("Not chosen: {error}", { error: error.message }), "bad");
      return false;
    }
  }

  /**
   * Saves what was drawn on the label of a pair, and has its new pair made. While pairs are made
   * it waits for that.
   * @param {{pair_id: string, operations: object[], name: string}} drawn
   * @returns {Promise<boolean>} whether it is saved
   */
  relabel(drawn) {
    const sent = this.labels.send({ ...drawn, reviewer: this.table.data.reviewer });
    this.table.bar.tell(t("The label of {name} is being saved. Go on.", { name: drawn.name }));
    this.#show();
    return this.#labelSent(sent);
  }

  async #labelSent(answer) {
    try {
      const { before, name, ...found } = await answer;
      this.#begun(found, { before, name, what: t("with the edited label") });
      this.table.refresh(before);
      return true;
    } catch (error) {
      const why = t("The label was not saved: {error} What was drawn is still there ({key}).", {
        error: error.message,
        key: editKey(),
      });
      this.table.bar.tell(why, "bad");
      return false;
    } finally {
      this.#show();
    }
  }

  /** Brings the label of before back, and has its pair made. */
  async undoLabel() {
    const { bar, item, pairId: before, data } = this.table;
    if (!item?.label_version) return bar.tell(t("The label of this pair is that of its file."));
    if (item.superseded) return bar.tell(item.superseded, "bad");
    bar.tell(t("Undoing the edited label …"));
    try {
      const asked = { pair_id: before, reviewer: data.reviewer };
      const found = await postJson("/labels/undo", asked);
      this.#begun(found, { before, name: item.mask_name, what: t("with the label of before") });
      this.table.refresh(before);
    } catch (error) {
      bar.tell(t("Not undone: {error}", { error: error.message }), "bad");
    }
  }

  /** Follows a pair that the server has begun. @returns {boolean} whether it has */
  #begun({ pair_id: pairId, started, text }, { before, name, what }) {
    if (!started) {
      this.table.bar.tell(text, "bad");
      return false;
    }
    this.table.bar.tell(t("{name} is being made {what}. Go on.", { name, what }));
    const made = { pairId, before, name, there: false };
    this.#keep([...this.pairs.filter((one) => one.pairId !== pairId), made]);
    this.#follow(made);
    return true;
  }

  async #follow(made) {
    const path = `/pairs/${encodeURIComponent(made.pairId)}/making`;
    while (this.pairs.includes(made)) {
      await new Promise((done) => setTimeout(done, ASK_AGAIN_MS));
      // A server that is away comes back: asked again, as for decisions.
      const found = await getJson(path).catch(() => null);
      if (!found || found.state === "making") continue;
      if (found.state === "done") this.#arrived(made);
      else this.#failed(made, found.text);
      return;
    }
  }

  #arrived(made) {
    const { table } = this;
    made.there = true;
    table.pairs.forget(made.pairId);
    table.queue.replace(made.before, made.pairId);
    table.refresh(made.before);
    table.bar.tell(
      t("The new pair of {name} is there ({key}).", { name: made.name, key: openKey() }),
    );
    this.#keep(this.pairs);
  }

  #failed(made, text) {
    this.#keep(this.pairs.filter((one) => one !== made));
    this.table.bar.tell(t("{name} was not made: {text}", { name: made.name, text }), "bad");
  }

  /** Opens the oldest that is there. */
  open() {
    const made = this.pairs.find(({ there }) => there);
    if (!made) {
      return this.table.bar.tell(
        this.pairs.length
          ? t("It is still being made.")
          : t("No pair was made of another scene or label."),
      );
    }
    this.#keep(this.pairs.filter((one) => one !== made));
    this.table.go(made.pairId);
  }

  /** @param {Made[]} pairs as they are now */
  #keep(pairs) {
    this.pairs = pairs;
    try {
      sessionStorage.setItem(keptUnder(PLACE), JSON.stringify(pairs));
    } catch {
      // Without storage they are known as long as the page.
    }
    this.#show();
  }

  #show() {
    const there = this.pairs.filter((one) => one.there);
    const waiting = [...this.labels.waiting.values()];
    const count = this.pairs.length - there.length + waiting.length;
    this.node.hidden = there.length + count === 0;
    this.node.disabled = there.length === 0;
    this.node.classList.toggle("there", there.length > 0);
    const text = there.length
      ? t("New pair: {name} ({key})", { name: there[0].name, key: openKey() })
      : t("{count} being made …", { count });
    say(this.node, text);
    const trouble = this.labels.trouble ?? "";
    this.node.title = [
      ...this.pairs.map(({ name, there: done }) => `${name}: ${done ? t("there") : t("being made")}`),
      ...waiting.map(({ name }) => t("{name}: its label is being saved. {trouble}", { name, trouble })),
    ].join("\n");
  }
}
