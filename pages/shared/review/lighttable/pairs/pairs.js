// The pairs that were loaded: what is known of each, and its pixels. Those ahead are loaded before
// they are asked for, those longest unseen are let go.

import { Refused, getBytes, getJson } from "../api.js";
import { readPack } from "../draw/pack.js";
import { t } from "../language.js";

const MOST_PAIRS = 40;
const MOST_BYTES = 300e6;
const AHEAD_AT_ONCE = 2;

/**
 * @typedef {object} Loaded
 * @property {object|null} item the JSON of the pair
 * @property {import("../draw/pack.js").Pack|null} pack
 * @property {string|null} problem why it can't be shown
 * @property {boolean} passing whether the same may work later
 */

/** Loads pairs and keeps the latest ones. */
export class Pairs {
  constructor() {
    this.reviewer = "";
    /** @type {Map<string, Promise<Loaded>>} oldest use first */
    this.loading = new Map();
    /** @type {Map<string, Loaded>} those that are there */
    this.ready = new Map();
    this.ahead = [];
    this.wanted = [];
    this.running = 0;
  }

  /**
   * What another reviewer said and may say is other.
   * @param {string} reviewer
   * @returns {boolean} whether it is another
   */
  setReviewer(reviewer) {
    if (reviewer === this.reviewer) return false;
    this.reviewer = reviewer;
    this.loading.clear();
    this.ready.clear();
    return true;
  }

  /** @param {string} pairId @returns {Promise<Loaded>} never rejects */
  load(pairId) {
    // What couldn't be shown may be mended by now.
    if (this.ready.get(pairId)?.problem) this.forget(pairId);
    const known = this.loading.get(pairId);
    if (known) {
      this.loading.delete(pairId);
      this.loading.set(pairId, known);
      return known;
    }
    const asked = this.#read(pairId).then((loaded) => {
      if (this.loading.get(pairId) !== asked) return loaded;
      if (loaded.passing) this.loading.delete(pairId);
      else this.ready.set(pairId, loaded);
      this.#letGo();
      return loaded;
    });
    this.loading.set(pairId, asked);
    return asked;
  }

  /**
   * Loads these in turn when there is time; an earlier list is forgotten.
   * @param {string[]} pairIds
   * @param {(loaded: Loaded) => void} prepare called with each that came
   */
  loadAhead(pairIds, prepare) {
    this.ahead = pairIds;
    this.wanted = [...pairIds];
    this.prepare = prepare;
    for (let free = AHEAD_AT_ONCE - this.running; free > 0; free--) this.#next();
  }

  async #next() {
    this.running += 1;
    // Large pairs: those that come next must not be let go for those that come later.
    while (this.wanted.length > 0 && this.#bytes(this.ahead) < MOST_BYTES / 2) {
      const pairId = this.wanted.shift();
      if (this.ready.get(pairId)?.problem) continue;
      const loaded = await this.load(pairId);
      if (loaded.pack) this.prepare(loaded);
    }
    this.running -= 1;
  }

  /** Asks anew what may have changed of a pair. @returns {Promise<object|null>} */
  async refresh(pairId) {
    const loaded = this.ready.get(pairId);
    const item = await getJson(this.#address(pairId)).catch(() => null);
    if (loaded && item) {
      // Other pixels than before: the next visit reads them.
      if (item.view !== loaded.item.view) this.forget(pairId);
      loaded.item = item;
    }
    return item;
  }

  /** Reads a pair whose pixels are other ones now; the old ones are there until then. */
  renew(pairId) {
    this.loading.delete(pairId);
    return this.load(pairId);
  }

  forget(pairId) {
    this.loading.delete(pairId);
    this.ready.delete(pairId);
  }

  #address(pairId) {
    const who = new URLSearchParams({ reviewer: this.reviewer });
    return `/pairs/${encodeURIComponent(pairId)}?${who}`;
  }

  async #read(pairId) {
    let item = null;
    try {
      item = await getJson(this.#address(pairId));
      const version = new URLSearchParams({ v: item.view });
      const bytes = await getBytes(`/pairs/${encodeURIComponent(pairId)}/view?${version}`);
      return { item, pack: await readPack(bytes), problem: null, passing: false };
    } catch (error) {
      const passing = !(error instanceof Refused);
      const sentence = passing
        ? t("The pair could not be read: {error}.", { error: error.message })
        : error.message;
      return { item, pack: null, problem: sentence, passing };
    }
  }

  #bytes(pairIds) {
    return [...pairIds].reduce(
      (sum, pairId) => sum + (this.ready.get(pairId)?.pack?.bytes ?? 0),
      0,
    );
  }

  #letGo() {
    let bytes = this.#bytes(this.ready.keys());
    for (const pairId of this.loading.keys()) {
      if (this.ready.size <= MOST_PAIRS && bytes <= MOST_BYTES) return;
      if (!this.ready.has(pairId)) continue;
      bytes -= this.#bytes([pairId]);
      this.forget(pairId);
    }
  }
}
