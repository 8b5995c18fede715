// Pairs that are being made of another scene while the reviewer goes on.

import { getJson, postJson } from "../api.js";
import { action, keyText } from "../actions.js";
import { element, say } from "../dom.js";

const ASK_AGAIN_MS = 1500;
const PLACE = "review-making";

/** Those of before the page was loaded again, in this tab. @returns {Made[]} */
function stored() {
  try {
    return JSON.parse(sessionStorage.getItem(PLACE)) ?? [];
  } catch {
    return [];
  }
}

const openKey = () => keyText(action("new pair").keys[0]);

/** @typedef {{pairId: string, before: string, name: string, there: boolean}} Made */

export class Making {
  /** @param {import("../lighttable.js").LightTable} table */
  constructor(table) {
    this.table = table;
    /** @type {Made[]} oldest first */
    this.pairs = stored();
    this.node = element("button", {
      type: "button",
      class: "making",
      hidden: true,
      onclick: () => this.open(),
    });
    this.#show();
    for (const made of this.pairs) if (!made.there) this.#follow(made);
  }

  /**
   * Chooses a scene and has its pair made.
   * @param {string} before the pair that is there @param {object} scene @param {string} name
   * @returns {Promise<boolean>} whether the pair is being made
   */
  async ask(before, scene, name) {
    const { bar } = this.table;
    bar.tell("Choosing the scene …");
    try {
      const document = { pair_id: before, scene_id: scene.scene_id };
      const { pair_id: pairId, started, text } = await postJson("/choose", document);
      if (!started) {
        bar.tell(text, "bad");
        return false;
      }
      bar.tell(`${name} is being made of ${scene.day}. Go on.`);
      const made = { pairId, before, name, there: false };
      this.#keep([...this.pairs.filter((one) => one.pairId !== pairId), made]);
      this.#follow(made);
      return true;
    } catch (error) {
      bar.tell(`Not chosen: ${error.message}`, "bad");
      return false;
    }
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
    table.bar.tell(`The new pair of ${made.name} is there (${openKey()}).`);
    this.#keep(this.pairs);
  }

  #failed(made, text) {
    this.#keep(this.pairs.filter((one) => one !== made));
    this.table.bar.tell(`${made.name} was not made: ${text}`, "bad");
  }

  /** Opens the oldest that is there. */
  open() {
    const made = this.pairs.find(({ there }) => there);
    if (!made) {
      return this.table.bar.tell(
        this.pairs.length ? "It is still being made." : "No pair was made of another scene.",
      );
    }
    this.#keep(this.pairs.filter((one) => one !== made));
    this.table.go(made.pairId);
  }

  /** @param {Made[]} pairs as they are now */
  #keep(pairs) {
    this.pairs = pairs;
    try {
      sessionStorage.setItem(PLACE, JSON.stringify(pairs));
    } catch {
      // Without storage they are known as long as the page.
    }
    this.#show();
  }

  #show() {
    const there = this.pairs.filter((one) => one.there);
    const count = this.pairs.length - there.length;
    this.node.hidden = this.pairs.length === 0;
    this.node.disabled = there.length === 0;
    this.node.classList.toggle("there", there.length > 0);
    const text = there.length
      ? `New pair: ${there[0].name} (${openKey()})`
      : `${count} being made …`;
    say(this.node, text);
    this.node.title = this.pairs
      .map(({ name, there: done }) => `${name}: ${done ? "there" : "being made"}`)
      .join("\n");
  }
}
