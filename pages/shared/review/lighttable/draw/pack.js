// Reading the packed view of a pair: all its pixels in one file (see packed.py for the format).

import { t } from "../language.js";

const MAGIC = "MVP1";
const TYPES = { uint8: Uint8Array, uint16: Uint16Array };

/**
 * @typedef {object} Pack
 * @property {object} header
 * @property {number} width
 * @property {number} height
 * @property {Uint16Array} image bands x height x width, reflectance x 10000, 0 where there is none
 * @property {Uint8Array} label
 * @property {Uint8Array} quality bit flags
 * @property {Uint16Array} shares classes x height x width, share x 10000
 * @property {Uint8Array|null} sourceLabel the mask on a grid `factor` times as fine
 * @property {Uint8Array|null} change 1 where the label looks different
 * @property {Uint8Array|null} difference 1 where the label differs from that of the earlier pair
 * @property {ImageBitmap|null} source
 * @property {ImageBitmap|null} sourceNir
 * @property {number} bytes what it takes in memory
 */

// Rows are stored as differences: they pack better, and adding them up takes 1 ms.
function undoDelta(values, width) {
  for (let start = 0; start < values.length; start += width) {
    let sum = 0;
    for (let at = start; at < start + width; at++) {
      sum = (sum + values[at]) & 0xffff;
      values[at] = sum;
    }
  }
}

function arrayOf(buffer, part) {
  const Type = TYPES[part.dtype];
  const values = new Type(buffer, part.offset, part.bytes / Type.BYTES_PER_ELEMENT);
  if (part.delta) undoDelta(values, part.shape[part.shape.length - 1]);
  return values;
}

async function pictureOf(buffer, header, name) {
  const part = name && header.blobs.find((blob) => blob.name === name);
  if (!part) return null;
  const bytes = new Uint8Array(buffer, part.offset, part.bytes);
  return createImageBitmap(new Blob([bytes], { type: part.type }));
}

/**
 * @param {ArrayBuffer} buffer the file, unpacked
 * @returns {Promise<Pack>}
 */
export async function readPack(buffer) {
  const view = new DataView(buffer);
  const magic = String.fromCharCode(...new Uint8Array(buffer, 0, 4));
  if (magic !== MAGIC) throw new Error(t("The picture file of this pair isn't one."));
  const text = new Uint8Array(buffer, 8, view.getUint32(4, true));
  const header = JSON.parse(new TextDecoder().decode(text));
  const arrays = Object.fromEntries(
    header.arrays.map((part) => [part.name, arrayOf(buffer, part)]),
  );
  const [source, sourceNir] = await Promise.all([
    pictureOf(buffer, header, header.source?.image),
    pictureOf(buffer, header, header.source?.nir),
  ]);
  const pixelsOf = (picture) => (picture ? 4 * picture.width * picture.height : 0);
  return {
    header,
    width: header.width,
    height: header.height,
    image: arrays.image,
    label: arrays.label,
    quality: arrays.quality,
    shares: arrays.shares,
    sourceLabel: arrays.source_label ?? null,
    change: arrays.change ?? null,
    difference: arrays.difference ?? null,
    source,
    sourceNir,
    bytes: buffer.byteLength + pixelsOf(source) + pixelsOf(sourceNir),
  };
}

/** The finer grid's pixels per pixel of the pair. @param {Pack} pack */
export function finerBy(pack) {
  const part = pack.header.arrays.find((one) => one.name === "source_label");
  return part ? part.shape[1] / pack.width : 1;
}

/** The values of one band. @param {Pack} pack @param {string} name @returns {Uint16Array|null} */
export function bandOf(pack, name) {
  const index = pack.header.bands.indexOf(name);
  const size = pack.width * pack.height;
  return index < 0 ? null : pack.image.subarray(index * size, (index + 1) * size);
}

/** Bilinear between the nodes of the header. @returns {[number, number]} lon, lat of a place */
export function lonLat(pack, x, y) {
  const { n, points } = pack.header.lonlat;
  const [u, v] = [(x / pack.width) * (n - 1), (y / pack.height) * (n - 1)];
  const [i, j] = [u, v].map((at) => Math.min(Math.max(Math.floor(at), 0), n - 2));
  const [s, t] = [u - i, v - j];
  const node = (a, b) => points[(j + b) * n + i + a];
  const mixed = (axis) =>
    (node(0, 0)[axis] * (1 - s) + node(1, 0)[axis] * s) * (1 - t) +
    (node(0, 1)[axis] * (1 - s) + node(1, 1)[axis] * s) * t;
  return [mixed(0), mixed(1)];
}

/** The place on the grid, whose axes go east and south. @returns {[number, number]} */
export function placeOf(pack, east, north) {
  const [a, , c, , e, f] = pack.header.transform;
  return [(east - c) / a, (north - f) / e];
}

/** Easting and northing of a place on the grid. @returns {[number, number]} */
export function groundOf(pack, x, y) {
  const [a, b, c, d, e, f] = pack.header.transform;
  return [a * x + b * y + c, d * x + e * y + f];
}
