// The grid of the gallery: of any number of pairs only those in the window are in the page.

import { element } from "../lighttable/dom.js";
import { Cell, ID } from "./cell.js";
import { t } from "../lighttable/language.js";

const GAP = 8;
// Name, detail and badge below a picture, which is twice as wide as high.
const TEXT_PX = 62;
const DRAG_PX = 5;
const EDGE_PX = 24;
const AHEAD_ROWS = 1;

export class Grid {
  /** @param {import("./gallery.js").Gallery} gallery */
  constructor(gallery) {
    this.gallery = gallery;
    /** @type {any[][]} */
    this.rows = [];
    /** @type {Map<number, Cell>} the cells that are in the page, by place */
    this.cells = new Map();
    this.width = 300;
    this.band = element("div", { class: "band", hidden: true });
    this.sheet = element("div", { class: "sheet" }, this.band);
    this.node = element(
      "div",
      {
        class: "scroller",
        role: "grid",
        tabindex: 0,
        "aria-multiselectable": "true",
        "aria-label": t("Pairs"),
      },
      this.sheet,
    );
    this.node.addEventListener("scroll", () => this.draw(), { passive: true });
    this.node.addEventListener("pointerdown", (event) => this.#down(event));
    this.node.addEventListener("dblclick", (event) => this.#open(event));
    new ResizeObserver(() => this.layOut()).observe(this.node);
  }

  /** @param {any[][]} rows */
  show(rows) {
    this.rows = rows;
    this.#empty();
    this.layOut();
  }

  /** @param {number} width of a picture with its source image, in CSS pixels */
  resize(width) {
    this.width = width;
    this.#empty();
    this.layOut();
    this.reveal(this.gallery.selection.cursor);
  }

  #empty() {
    for (const cell of this.cells.values()) this.#remove(cell);
    this.cells.clear();
  }

  #remove(cell) {
    this.gallery.pictures.drop(cell.row[ID]);
    cell.node.remove();
  }

  layOut() {
    const room = this.node.clientWidth - GAP;
    if (room <= 0) return;
    this.columns = Math.max(1, Math.round(room / (this.width + GAP)));
    this.cellWidth = Math.floor(room / this.columns) - GAP;
    this.stepX = this.cellWidth + GAP;
    this.stepY = Math.round(this.cellWidth / 2) + TEXT_PX + GAP;
    this.sheet.style.height = `${Math.ceil(this.rows.length / this.columns) * this.stepY + GAP}px`;
    for (const [place, cell] of this.cells) this.#put(cell, place);
    this.draw();
  }

  #put(cell, place) {
    const [column, row] = [place % this.columns, Math.floor(place / this.columns)];
    cell.node.style.cssText =
      `left:${GAP + column * this.stepX}px;top:${GAP + row * this.stepY}px;` +
      `width:${this.cellWidth}px;height:${this.stepY - GAP}px`;
  }

  /** Puts the cells in the window into the page, and takes the others out. */
  draw() {
    if (!this.columns) return;
    const { scrollTop, clientHeight } = this.node;
    const first = Math.max(0, Math.floor(scrollTop / this.stepY) - AHEAD_ROWS) * this.columns;
    const rows = Math.ceil(clientHeight / this.stepY) + 1 + 2 * AHEAD_ROWS;
    const end = Math.min(this.rows.length, first + rows * this.columns);
    for (const [place, cell] of this.cells) {
      if (place >= first && place < end) continue;
      this.#remove(cell);
      this.cells.delete(place);
    }
    for (let place = first; place < end; place++) if (!this.cells.has(place)) this.#add(place);
    this.mark();
  }

  #add(place) {
    const cell = new Cell(this.rows[place], place);
    this.cells.set(place, cell);
    this.#put(cell, place);
    this.sheet.append(cell.node);
    this.gallery.pictures.want(cell.row[ID], (found) => cell.picture(found));
  }

  /** Shows what is selected. */
  mark() {
    const { ids, cursor } = this.gallery.selection;
    for (const [place, cell] of this.cells) cell.mark(ids.has(cell.row[ID]), place === cursor);
  }

  /** Shows the decisions as they are now. */
  decided() {
    for (const cell of this.cells.values()) cell.decided();
  }

  get pageOfPairs() {
    return Math.max(1, Math.floor(this.node.clientHeight / this.stepY)) * this.columns;
  }

  /** Scrolls as little as needed to have a pair in the window. */
  reveal(place) {
    if (!this.columns) return;
    const top = Math.floor(place / this.columns) * this.stepY;
    const { scrollTop, clientHeight } = this.node;
    if (top < scrollTop) this.node.scrollTop = top;
    else if (top + this.stepY + GAP > scrollTop + clientHeight) {
      this.node.scrollTop = top + this.stepY + GAP - clientHeight;
    }
    this.draw();
  }

  // the mouse

  #placeAt(event) {
    const cell = event.target.closest?.(".cell");
    return cell ? Number(cell.dataset.place) : null;
  }

  #open(event) {
    const place = this.#placeAt(event);
    if (place !== null) this.gallery.open(this.rows[place][ID]);
  }

  #point(event) {
    const box = this.sheet.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  #down(event) {
    const onBar = event.offsetX > this.node.clientWidth && event.target === this.node;
    if (event.button !== 0 || onBar) return;
    // Asked for now: once the event is over, its target is the component as a whole.
    const place = this.#placeAt(event);
    const from = this.#point(event);
    const adds = event.ctrlKey || event.metaKey || event.shiftKey;
    const before = adds ? new Set(this.gallery.selection.ids) : new Set();
    let last = event;
    let dragged = false;
    const move = (now) => {
      last = now;
      const to = this.#point(now);
      dragged ||= Math.hypot(to[0] - from[0], to[1] - from[1]) > DRAG_PX;
      if (dragged) this.#drag(from, to, before);
    };
    // Towards the edge of the window the pairs beyond it come in.
    const timer = setInterval(() => dragged && this.#scrollAtEdge(last) && move(last), 30);
    const up = () => {
      clearInterval(timer);
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", up);
      removeEventListener("pointercancel", up);
      this.band.hidden = true;
      if (!dragged) this.#click(place, event);
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", up);
    addEventListener("pointercancel", up);
    event.preventDefault();
    this.focus();
  }

  /** Takes the keys from the button or the field that had them. */
  focus() {
    this.node.focus({ preventScroll: true });
  }

  #scrollAtEdge({ clientY }) {
    const { top, bottom } = this.node.getBoundingClientRect();
    const by = clientY < top + EDGE_PX ? -EDGE_PX : clientY > bottom - EDGE_PX ? EDGE_PX : 0;
    this.node.scrollTop += by;
    return by !== 0;
  }

  #drag(from, to, before) {
    const [left, right] = [from[0], to[0]].sort((a, b) => a - b);
    const [top, bottom] = [from[1], to[1]].sort((a, b) => a - b);
    this.band.hidden = false;
    this.band.style.cssText =
      `left:${left}px;top:${top}px;width:${right - left}px;height:${bottom - top}px`;
    this.gallery.selection.set(this.placesWithin(left, top, right, bottom), before);
    this.gallery.selected();
  }

  /** The places of the cells that a rectangle of the sheet touches. */
  *placesWithin(left, top, right, bottom) {
    const span = (from, to, step) => [
      Math.max(0, Math.floor(from / step)),
      Math.floor((to - GAP) / step),
    ];
    const [firstColumn, lastColumn] = span(left, right, this.stepX);
    const [firstRow, lastRow] = span(top, bottom, this.stepY);
    for (let row = firstRow; row <= lastRow; row++) {
      for (let column = firstColumn; column <= Math.min(lastColumn, this.columns - 1); column++) {
        const place = row * this.columns + column;
        if (place < this.rows.length) yield place;
      }
    }
  }

  #click(place, event) {
    const { selection } = this.gallery;
    if (place === null) selection.none();
    else if (event.shiftKey) selection.extend(place);
    else if (event.ctrlKey || event.metaKey) selection.toggle(place);
    else selection.only(place);
    this.gallery.selected();
  }
}
