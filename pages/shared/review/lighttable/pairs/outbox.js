// Decisions on their way, and labels that were drawn. Each is kept in the browser until the server
// has committed it, so that neither a reload nor a killed server loses one. Its token, or what it
// says, makes sending it twice harmless.

import { isPassing, keptUnder, postJson } from "../api.js";
import { t } from "../language.js";

/** @typedef {{token: string, pair_id: string, reviewer: string}} Entry and what else it says */

const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 5000;

// A token must be unlikely to come twice; crypto.randomUUID is missing on plain http.
export function newToken() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Outbox {
  /**
   * @param {string} path where entries go
   * @param {string} name of what the browser keeps them under
   * @param {() => void} changed called when the number of unsaved entries, or the trouble, did
   */
  constructor(path, name, changed) {
    this.path = path;
    this.name = name;
    this.changed = changed;
    /** @type {Map<string, Entry>} */
    this.waiting = new Map();
    /** @type {string|null} why the last try failed, while something waits */
    this.trouble = null;
  }

  /** The keys of one workspace: its entries are sent to no other. */
  get prefix() {
    return `${keptUnder(this.name)}:`;
  }

  // One item of localStorage an entry: two tabs can't overwrite each other's list.
  #keep(entry) {
    try {
      localStorage.setItem(this.prefix + entry.token, JSON.stringify(entry));
    } catch {
      // Storage is full or forbidden: the entry still lives in this page.
    }
  }

  #kept() {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(this.prefix));
    return keys.map((key) => JSON.parse(localStorage.getItem(key)));
  }

  /**
   * Sends what an earlier page left behind.
   * @param {string|null} reviewer whose decisions alone may be sent; null for those of all
   * @returns {Promise<object>[]} the answers
   */
  resume(reviewer = null) {
    return this.#kept()
      .filter((entry) => !this.waiting.has(entry.token))
      .filter((entry) => reviewer === null || entry.reviewer === reviewer)
      .map((entry) => this.#deliver(entry));
  }

  /**
   * Sends an entry until it is committed. Rejects only when the server refuses it for good.
   * @param {Omit<Entry, "token">} said
   * @returns {Promise<object>} the server's answer
   */
  send(said) {
    const entry = { token: newToken(), ...said };
    this.#keep(entry);
    return this.#deliver(entry);
  }

  async #deliver(entry) {
    this.waiting.set(entry.token, entry);
    try {
      return await this.#tryUntilDone(entry);
    } finally {
      this.waiting.delete(entry.token);
      if (this.waiting.size === 0) this.trouble = null;
      localStorage.removeItem(this.prefix + entry.token);
      this.changed();
    }
  }

  async #tryUntilDone(entry) {
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
      try {
        return await postJson(this.path, entry);
      } catch (error) {
        if (!isPassing(error)) throw error;
        this.trouble = error.status ? error.message : t("The server doesn't answer.");
        this.changed();
      }
      await new Promise((done) => setTimeout(done, wait));
    }
  }
}
