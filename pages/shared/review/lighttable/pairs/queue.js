// The queue of pairs: which come before and after, and which is still to be decided.

const NOT_BY_ME = "not decided by me";

/** A row as the server gives it: pair_id, mask name, decision of all, my own verdict. */
const [ID, NAME, DECISION, MINE] = [0, 1, 2, 3];

export class Queue {
  /**
   * @param {Array<[string, string, string|null, string|null]>} rows
   * @param {object} filter the filter that they fit
   */
  constructor(rows, filter) {
    this.rows = rows;
    this.places = new Map(rows.map((row, place) => [row[ID], place]));
    // Who looks for what they or the earlier pairs' reviewers said wants to decide themselves.
    const mineCounts =
      filter.decision === NOT_BY_ME || (filter.decision ?? "").startsWith("proposed");
    this.column = mineCounts ? MINE : DECISION;
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

  /** The pair one step (1 or -1) further. @returns {string|null} null at the end */
  neighbour(pairId, step) {
    const place = this.places.get(pairId);
    const row = this.rows[place === undefined ? 0 : place + step];
    return row ? row[ID] : null;
  }

  /**
   * The next pairs that are to be decided, round the end of the queue.
   * @param {string|null} pairId
   * @param {number} count
   * @returns {string[]}
   */
  open(pairId, count) {
    const found = [];
    const start = this.places.get(pairId) ?? -1;
    for (let step = 1; step <= this.rows.length && found.length < count; step++) {
      const row = this.rows[(start + step) % this.rows.length];
      if (row[this.column] === null && row[ID] !== pairId) found.push(row[ID]);
    }
    return found;
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
