// Small pictures: asked for while they are in sight, a few at a time, and kept for a while.

import { getPicture } from "../lighttable/api.js";

const AT_ONCE = 6;
const KEPT = 600;

export class Pictures {
  constructor() {
    /** @type {Map<string, string>} addresses of pictures that are there, the newest last */
    this.ready = new Map();
    /** @type {Map<string, (found: {url?: string, problem?: string}) => void>} */
    this.waiting = new Map();
    this.busy = 0;
  }

  /** @param {string} pairId @param {(found: {url?: string, problem?: string}) => void} show */
  want(pairId, show) {
    const url = this.ready.get(pairId);
    if (url) return show({ url });
    this.waiting.set(pairId, show);
    this.#next();
  }

  /** Out of sight before its turn came. */
  drop(pairId) {
    this.waiting.delete(pairId);
  }

  /** Pairs may have been repaired since. */
  forget() {
    for (const url of this.ready.values()) URL.revokeObjectURL(url);
    this.ready.clear();
  }

  async #next() {
    const [first] = this.waiting;
    if (!first || this.busy >= AT_ONCE) return;
    const [pairId, show] = first;
    this.waiting.delete(pairId);
    this.busy += 1;
    try {
      const url = URL.createObjectURL(await getPicture(`/pairs/${encodeURIComponent(pairId)}/small`));
      this.#keep(pairId, url);
      show({ url });
    } catch (error) {
      show({ problem: error.message });
    } finally {
      this.busy -= 1;
      this.#next();
    }
  }

  #keep(pairId, url) {
    this.ready.set(pairId, url);
    if (this.ready.size <= KEPT) return;
    const [oldest, old] = this.ready.entries().next().value;
    this.ready.delete(oldest);
    URL.revokeObjectURL(old);
  }
}
