// Which pairs of the gallery are selected, and where the keys stand. Knows places, no elements.

export class Selection {
  constructor() {
    /** @type {string[]} the ids of the pairs in the order they are shown */
    this.order = [];
    /** @type {Map<string, number>} */
    this.placeOf = new Map();
    /** @type {Set<string>} the ids of the selected pairs */
    this.ids = new Set();
    this.cursor = 0;
    /** Where a range begins that Shift extends. */
    this.anchor = 0;
  }

  /** Another queue: what is still in it stays selected. @param {string[]} order */
  setOrder(order) {
    const here = this.order[this.cursor];
    this.order = order;
    this.placeOf = new Map(order.map((id, place) => [id, place]));
    this.ids = new Set([...this.ids].filter((id) => this.placeOf.has(id)));
    this.cursor = this.anchor = this.placeOf.get(here) ?? 0;
  }

  get size() {
    return this.ids.size;
  }

  /** The selected pairs in the order they are shown. */
  get chosen() {
    return this.order.filter((id) => this.ids.has(id));
  }

  /** One alone. @param {number} place */
  only(place) {
    this.ids = new Set([this.order[place]]);
    this.cursor = this.anchor = place;
  }

  /** One more, or one less. @param {number} place */
  toggle(place) {
    const id = this.order[place];
    if (!this.ids.delete(id)) this.ids.add(id);
    this.cursor = this.anchor = place;
  }

  /** From where the last one was selected up to this one. @param {number} place */
  extend(place) {
    const [first, last] = [Math.min(this.anchor, place), Math.max(this.anchor, place)];
    this.ids = new Set(this.order.slice(first, last + 1));
    this.cursor = place;
  }

  /**
   * Moves the keys' place by so many pairs.
   * @param {number} by
   * @param {"only"|"extend"|"move"} how
   */
  step(by, how) {
    const place = Math.max(0, Math.min(this.cursor + by, this.order.length - 1));
    if (how === "move") this.cursor = place;
    else this[how](place);
  }

  /** @param {Iterable<number>} places @param {Set<string>} before what stays selected as well */
  set(places, before = new Set()) {
    this.ids = new Set(before);
    for (const place of places) this.ids.add(this.order[place]);
  }

  all() {
    this.ids = new Set(this.order);
  }

  none() {
    this.ids = new Set();
  }
}
