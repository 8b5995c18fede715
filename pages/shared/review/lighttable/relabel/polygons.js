// The polygons of a label while it is edited: where they lie, how they look, which corner is near.

import { groundOf, placeOf } from "../draw/pack.js";

/**
 * @typedef {object} Shape a polygon of the label
 * @property {number} value of its class
 * @property {[number, number][][]} rings in pixels of the pair, each corner once
 * @property {[number, number][][]} ground the same as the server has it: in the CRS of the pair,
 *   where the mask has it
 * @property {number[]} bounds left, top, right, bottom, in pixels of the pair
 *
 * @typedef {object} Grip a corner, or a place on an edge, that can be pulled
 * @property {[number, number]} place in pixels of the pair
 * @property {[number, number]} ground
 * @property {boolean} isCorner
 */

/** @returns {number[]} left, top, right, bottom */
function boundsOf(ring) {
  const bounds = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of ring) {
    bounds[0] = Math.min(bounds[0], x);
    bounds[1] = Math.min(bounds[1], y);
    bounds[2] = Math.max(bounds[2], x);
    bounds[3] = Math.max(bounds[3], y);
  }
  return bounds;
}

/** The label as the server gave it, and as what is drawn changes it. */
export class Polygons {
  /**
   * @param {import("../draw/pack.js").Pack} pack
   * @param {{polygons: object[], shift_m: [number, number]}} label as the server sends it; the
   *   shift is how far east and north of where the mask has it the pair shows it
   */
  constructor(pack, { polygons, shift_m: shift }) {
    this.pack = pack;
    this.shift = shift;
    this.base = polygons.map((one) => this.#shapeOf(one));
    this.show(null);
  }

  /** @returns {Shape} */
  #shapeOf({ value, rings: ground }) {
    const [right, up] = this.shift;
    const place = ([east, north]) => placeOf(this.pack, east + right, north + up);
    const rings = ground.map((ring) => ring.map(place));
    return { value, ground, rings, bounds: boundsOf(rings[0]) };
  }

  /** Where the mask has what is seen at a place of the pair. @returns {[number, number]} */
  groundOf([x, y]) {
    return groundOf(this.pack, x, y).map((value, axis) => value - this.shift[axis]);
  }

  /** @param {{gone: number[], polygons: object[]}|null} change what the server says of it */
  show(change) {
    const gone = new Set(change?.gone ?? []);
    /** @type {Shape[]} */
    this.shapes = [
      ...this.base.filter((_, place) => !gone.has(place)),
      ...(change?.polygons ?? []).map((one) => this.#shapeOf(one)),
    ];
    /** @type {Map<number, Path2D>} by class */
    this.regions = new Map();
    for (const { value, rings } of this.shapes) {
      if (!this.regions.has(value)) this.regions.set(value, new Path2D());
      for (const ring of rings) addRing(this.regions.get(value), ring);
    }
  }

  /**
   * What can be pulled at a place: a corner within reach, else an edge.
   * @param {[number, number]} at @param {number} reach in pixels of the pair
   * @returns {Grip|null}
   */
  gripAt(at, reach) {
    return this.#corner(at, reach) ?? this.#edge(at, reach);
  }

  /** Those that may have something within a square around a place. */
  #around([x, y], reach) {
    return this.shapes.filter(
      ({ bounds: [left, top, right, bottom] }) =>
        left <= x + reach && right >= x - reach && top <= y + reach && bottom >= y - reach,
    );
  }

  #corner([x, y], reach) {
    let found = null;
    for (const { rings, ground } of this.#around([x, y], reach)) {
      rings.forEach((ring, which) =>
        ring.forEach((place, corner) => {
          const away = Math.hypot(place[0] - x, place[1] - y);
          if (away > reach) return;
          reach = away;
          found = { place, ground: ground[which][corner], isCorner: true };
        }),
      );
    }
    return found;
  }

  #edge(at, reach) {
    let found = null;
    for (const [from, to] of edgesOf(this.#around(at, reach))) {
      const place = nearest(at, from, to);
      const away = Math.hypot(place[0] - at[0], place[1] - at[1]);
      if (away > reach) continue;
      reach = away;
      found = { place, ground: this.groundOf(place), isCorner: false };
    }
    return found;
  }

  /** The corners that edges lead to from a grip, on both sides of it. @param {Grip} grip */
  neighbours({ place, isCorner }) {
    const same = (corner) => Math.hypot(corner[0] - place[0], corner[1] - place[1]) < 1e-4;
    const found = [];
    for (const [from, to] of edgesOf(this.#around(place, 1))) {
      if (isCorner) {
        if (same(from)) found.push(to);
        if (same(to)) found.push(from);
      } else if (same(nearest(place, from, to))) found.push(from, to);
    }
    return found;
  }

  /** The corners within a square around a place. */
  cornersAround([x, y], reach) {
    return this.#around([x, y], reach).flatMap(({ rings }) =>
      rings.flatMap((ring) =>
        ring.filter((place) => Math.max(Math.abs(place[0] - x), Math.abs(place[1] - y)) <= reach),
      ),
    );
  }
}

function* edgesOf(shapes) {
  for (const { rings } of shapes) {
    for (const ring of rings) {
      for (let corner = 0; corner < ring.length; corner++) {
        yield [ring[corner], ring[(corner + 1) % ring.length]];
      }
    }
  }
}

function addRing(path, ring) {
  ring.forEach(([x, y], place) => (place === 0 ? path.moveTo(x, y) : path.lineTo(x, y)));
  path.closePath();
}

/** The place of an edge that is nearest to another place. */
function nearest([x, y], [fromX, fromY], [toX, toY]) {
  const [alongX, alongY] = [toX - fromX, toY - fromY];
  const length = alongX ** 2 + alongY ** 2;
  const share = length ? ((x - fromX) * alongX + (y - fromY) * alongY) / length : 0;
  const within = Math.min(Math.max(share, 0), 1);
  return [fromX + within * alongX, fromY + within * alongY];
}
