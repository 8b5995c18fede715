// Decisions on their way. Each is kept in the browser until the server has committed it, so that
// neither a reload nor a killed server loses one. Its token makes sending it twice harmless.

import { isPassing, postJson } from "../api.js";

/**
 * @typedef {{token: string, pair_id: string, verdict: string, reasons: string[], note: string,
 *   reviewer: string}} Entry
 */

const PREFIX = "review-outbox:";
const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 5000;

// A token must be unlikely to come twice; crypto.randomUUID is missing on plain http.
export function newToken() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// One item of localStorage an entry: two tabs can't overwrite each other's list.
function keep(entry) {
  try {
    localStorage.setItem(PREFIX + entry.token, JSON.stringify(entry));
  } catch {
    // Storage is full or forbidden: the entry still lives in this page.
  }
}

const drop = (entry) => localStorage.removeItem(PREFIX + entry.token);

function kept() {
  const keys = Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
  return keys.map((key) => JSON.parse(localStorage.getItem(key)));
}

export class Outbox {
  /** @param {() => void} changed called when the number of unsaved decisions, or the trouble, did */
  constructor(changed) {
    this.changed = changed;
    /** @type {Map<string, Entry>} */
    this.waiting = new Map();
    /** @type {string|null} why the last try failed, while something waits */
    this.trouble = null;
  }

  /**
   * Sends what an earlier page left behind.
   * @param {string|null} reviewer whose decisions alone may be sent; null for those of all
   * @returns {Promise<object>[]} the answers
   */
  resume(reviewer) {
    return kept()
      .filter((entry) => !this.waiting.has(entry.token))
      .filter((entry) => reviewer === null || entry.reviewer === reviewer)
      .map((entry) => this.#deliver(entry));
  }

  /**
   * Sends a decision until it is committed. Rejects only when the server refuses it for good.
   * @param {Omit<Entry, "token">} decision
   * @returns {Promise<object>} the server's answer
   */
  send(decision) {
    const entry = { token: newToken(), ...decision };
    keep(entry);
    return this.#deliver(entry);
  }

  async #deliver(entry) {
    this.waiting.set(entry.token, entry);
    try {
      return await this.#tryUntilDone(entry);
    } finally {
      this.waiting.delete(entry.token);
      if (this.waiting.size === 0) this.trouble = null;
      drop(entry);
      this.changed();
    }
  }

  async #tryUntilDone(entry) {
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
      try {
        return await postJson("/decisions", entry);
      } catch (error) {
        if (!isPassing(error)) throw error;
        this.trouble = error.status ? error.message : "The server doesn't answer.";
        this.changed();
      }
      await new Promise((done) => setTimeout(done, wait));
    }
  }
}
