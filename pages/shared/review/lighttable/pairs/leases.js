// Leases: the pair that is open and those that come next are this window's, so that no two persons
// look at the same one unasked. They are asked for ahead, not between a key and its picture.

import { postJson } from "../api.js";
import { prepare } from "../draw/stage.js";
import { newToken } from "./outbox.js";

const PLACE = "review-window";
const LOOK_AFTER_MS = 5000;
const LOADED_AHEAD = 6;
// So many times another is tried, when others take what comes next.
const TRIES = 20;

/** What tells this window from others; it stays over a reload. */
function windowName() {
  try {
    sessionStorage[PLACE] ??= newToken();
    return sessionStorage[PLACE];
  } catch {
    return newToken();
  }
}

export class Leases {
  /** @param {import("../lighttable.js").LightTable} table */
  constructor(table) {
    this.table = table;
    this.window = windowName();
    /** @type {Set<string>} */
    this.held = new Set();
    this.seconds = 0;
    this.heldAt = -Infinity;
    this.used = true;
    this.sending = Promise.resolve();
    for (const sign of ["keydown", "pointermove"]) {
      window.addEventListener(sign, () => (this.used = true), true);
    }
    window.addEventListener("pagehide", () => this.end());
    setInterval(() => this.#lookAfter(), LOOK_AFTER_MS);
  }

  /**
   * Leases the pair that is open and these, and ends all other leases of this window. The queue
   * learns what others have open, and what was decided since.
   * @param {string[]} next
   * @returns {Promise<boolean>} whether the server answered
   */
  hold(next) {
    // One after the other: the last list is the one that holds.
    this.sending = this.sending.then(() => this.#hold(next));
    return this.sending;
  }

  async #hold(next) {
    const { pairId, queue } = this.table;
    this.used = false;
    const pairIds = [...new Set([pairId, ...next].filter(Boolean))];
    try {
      const found = await this.#post(pairIds, queue.newest);
      this.held = new Set(found.granted);
      this.seconds = found.seconds;
      this.heldAt = performance.now();
      queue.learn(found);
      return true;
    } catch {
      return false; // without a server one goes on with what is loaded
    }
  }

  #post(pairIds, known, options) {
    const { reviewer } = this.table.data;
    const asked = { reviewer, window: this.window, pair_ids: pairIds, known };
    return postJson("/leases", asked, options);
  }

  /** Loads what comes after the pair that is open, and leases the first of it. */
  async prepareNext() {
    const { table } = this;
    const { pairId } = table;
    const load = () => {
      const { queue } = table;
      const next = [...queue.open(pairId, LOADED_AHEAD), queue.neighbour(pairId, 1)];
      const known = [...new Set(next.filter(Boolean))];
      table.pairs.loadAhead(known, ({ pack }) => prepare(pack));
    };
    load();
    await this.hold([table.queue.open(pairId, 1)[0], table.queue.neighbour(pairId, 1)]);
    if (table.pairId !== pairId) return;
    load();
    table.showLease();
  }

  /**
   * The first pair that this window has, or gets.
   * @param {() => string[]} ahead the pairs to choose from, by what the queue knows
   * @returns {Promise<string|null>} null when there is none
   */
  async take(ahead) {
    for (let tries = 0; tries < TRIES; tries++) {
      const [pairId, after] = ahead();
      if (this.#age < 1 && this.held.has(pairId)) return pairId;
      // Where none is left, others may have freed one.
      if ((!pairId && tries > 0) || !(await this.hold([pairId, after]))) return pairId ?? null;
    }
    return null;
  }

  /** How much of their time the leases have had, from 0; from 1 on they have ended. */
  get #age() {
    return (performance.now() - this.heldAt) / (1000 * this.seconds);
  }

  /** Prolongs the leases while somebody works here, and ends them when the page was left. */
  #lookAfter() {
    if (!this.table.isShown) this.end();
    else if (this.used && !(this.#age < 0.5)) this.hold([...this.held]);
  }

  end() {
    if (this.held.size === 0) return;
    this.held = new Set();
    this.heldAt = -Infinity;
    // The request goes on when the page is gone.
    this.#post([], this.table.queue.newest, { keepalive: true }).catch(() => {});
  }
}
