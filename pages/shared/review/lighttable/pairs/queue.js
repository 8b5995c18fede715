// The queue of pairs: which come before and after, which is still to be decided, and which are open
// with others.

import { t } from "../language.js";

const NOT_BY_ME = "not decided by me";
const CONFLICT = "conflict";
/** How the name of an audit of what a model accepted begins. */
const BY_MODEL = "auto:";

/** A row as the server gives it: pair_id, mask name, decision of all, my own verdict. */
const [ID, NAME, DECISION, MINE] = [0, 1, 2, 3];

export class Queue {
  /**
   * @param {Array<[string, string, string|null, string|null]>} rows
   * @param {object} filter the filter that they fit
   * @param {number} [newest] the number of the newest decision that they take in
   */
  constructor(rows, filter, newest = 0) {
    this.rows = rows;
    this.newest = newest;
    this.places = new Map(rows.map((row, place) => [row[ID], place]));
    /** @type {Map<string, {reviewer: string, since: number}>} what is open with others */
    this.others = new Map();
    // Who looks for what they or the earlier pairs' reviewers said wants to decide themselves. An
    // audit asks for a person, whatever a rule or a model has decided.
    this.audits = Boolean(filter.audit);
    // What a model accepted has a decision before anybody looks; of a rule's audit it isn't told.
    const byPerson = this.audits && !filter.audit.startsWith(BY_MODEL);
    const known = byPerson ? rows.filter((row) => row[DECISION] !== null) : [];
    /** @type {Set<string>} what persons have decided about, where that counts */
    this.lookedAt = new Set(known.map((row) => row[ID]));
    const mineCounts =
      this.audits ||
      filter.decision === NOT_BY_ME ||
      (filter.decision ?? "").startsWith("proposed");
    this.column = mineCounts ? MINE : DECISION;
    /** Whether conflicts are looked at, to settle them. */
    this.settles = filter.decision === CONFLICT;
  }

  get length() {
    return this.rows.length;
  }

  /** @returns {number|undefined} from 0 */
  placeOf(pairId) {
    return this.places.get(pairId);
  }

  nameOf(pairId) {
    return this.rows[this.places.get(pairId)]?.[NAME];
  }

  #waits(row) {
    if (this.audits && this.lookedAt.has(row[ID])) return false;
    return this.settles ? row[DECISION] === CONFLICT : row[this.column] === null;
  }

  /**
   * The next pair in one direction (1 or -1) that isn't open with somebody else.
   * @returns {string|null} null at the end
   */
  neighbour(pairId, step) {
    const place = this.places.get(pairId);
    for (let at = place === undefined ? 0 : place + step; this.rows[at]; at += step || 1) {
      if (!this.others.has(this.rows[at][ID])) return this.rows[at][ID];
    }
    return null;
  }

  /**
   * The next pairs that are to be decided and not open with others, round the end of the queue.
   * @param {string|null} pairId
   * @param {number} count
   * @returns {string[]}
   */
  open(pairId, count) {
    const found = [];
    const start = this.places.get(pairId) ?? -1;
    for (let step = 1; step <= this.rows.length && found.length < count; step++) {
      const row = this.rows[(start + step) % this.rows.length];
      const isFree = row[ID] !== pairId && !this.others.has(row[ID]);
      if (isFree && this.#waits(row)) found.push(row[ID]);
    }
    return found;
  }

  /** Who has pairs open that are still to be decided, in words. @returns {string|null} */
  openWith() {
    const open = this.rows.filter((row) => this.#waits(row) && this.others.has(row[ID]));
    const who = [...new Set(open.map((row) => this.others.get(row[ID]).reviewer))].sort();
    if (who.length === 0) return null;
    return t("All that is left here is open with {who}. It comes free when it is left.", {
      who: who.join(", "),
    });
  }

  /** Why nothing is shown where nothing is open with others. @returns {string} */
  get whyEmpty() {
    return this.audits
      ? t("All pairs of this audit were looked at. Leave it above the light table.")
      : t("No pair fits the filters. Change or clear them above the light table.");
  }

  /** Takes over what the server says of the work of others. */
  learn({ others, statuses, looked_at: lookedAt, newest }) {
    this.others = new Map(Object.entries(others));
    this.newest = newest;
    for (const pairId of Object.keys(statuses)) this.lookedAt.delete(pairId);
    for (const pairId of lookedAt) this.lookedAt.add(pairId);
    for (const [pairId, [decision, mine]] of Object.entries(statuses)) {
      this.note(pairId, decision, mine);
    }
  }

  /** Puts another pair of the same mask, not decided yet, in the place of one. */
  replace(pairId, other) {
    const place = this.places.get(pairId);
    // Another one that stood here before may come back.
    if (place === undefined || (this.places.get(other) ?? place) !== place) return;
    this.rows[place] = [other, this.rows[place][NAME], null, null];
    // The earlier one keeps its place as well: it may be on the screen, and one goes on from there.
    this.places.set(other, place);
  }

  /** Notes what the server says of a pair after a decision. */
  note(pairId, decision, mine) {
    const row = this.rows[this.places.get(pairId)];
    if (row?.[ID] !== pairId) return;
    row[DECISION] = decision;
    row[MINE] = mine;
  }
}
