// From reflectance to colours: composites, indices, single bands and class shares.

import { bandOf } from "./pack.js";
import { t } from "../language.js";

/** @typedef {{id: string, title: string, bands: string[], index?: boolean}} Composite */

/** @type {Composite[]} red, green and blue; of an index the bands of (first - second) / sum */
export const COMPOSITES = [
  { id: "true", title: t("True colour"), bands: ["B04", "B03", "B02"] },
  { id: "false", title: t("False colour"), bands: ["B08", "B04", "B03"] },
  { id: "swir", title: "SWIR", bands: ["B12", "B08", "B04"] },
  { id: "agriculture", title: t("Agriculture"), bands: ["B11", "B08", "B02"] },
  { id: "ndvi", title: "NDVI", bands: ["B08", "B04"], index: true },
  { id: "ndwi", title: "NDWI", bands: ["B03", "B08"], index: true },
  { id: "band", title: t("One band"), bands: [] },
];

const PERCENTILES = [0.02, 0.98];
const OUTSIDE_AND_OCCLUDED = 1 | 2 | 4 | 8 | 16 | 32;
const OUTSIDE_AND_NO_DATA = 1 | 2;
const INDEX_RANGE = [-0.6, 0.9];

// Brown to blue-green and brown to blue by way of white (after ColorBrewer), and cividis: all of
// them are read alike by the colour-blind.
const RAMPS = {
  ndvi: ["#8c510a", "#d8b365", "#f6e8c3", "#f5f5f5", "#c7eae5", "#5ab4ac", "#01665e"],
  ndwi: ["#8c510a", "#d8b365", "#f6e8c3", "#f5f5f5", "#d1e5f0", "#67a9cf", "#2166ac"],
  share: ["#00224e", "#35456c", "#666970", "#948e77", "#c8b866", "#fee838"],
};

const rgbOf = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

/** 256 colours as they lie in the memory of a picture (ABGR in a little-endian word). */
function table(ramp) {
  const stops = ramp.map(rgbOf);
  return Uint32Array.from({ length: 256 }, (_, step) => {
    const at = (step / 255) * (stops.length - 1);
    const low = Math.min(Math.floor(at), stops.length - 2);
    const [r, g, b] = stops[low].map(
      (from, axis) => from + (stops[low + 1][axis] - from) * (at - low),
    );
    return 0xff000000 | (b << 16) | (g << 8) | r;
  });
}
const TABLES = Object.fromEntries(Object.entries(RAMPS).map(([name, ramp]) => [name, table(ramp)]));

/**
 * The values of a band at two percentiles of the pixels inside the footprint that nothing occludes;
 * where there are none, of all that have data.
 */
function percentileRange(values, quality) {
  for (const spoilt of [OUTSIDE_AND_OCCLUDED, OUTSIDE_AND_NO_DATA]) {
    const counts = new Uint32Array(65536);
    let total = 0;
    for (let i = 0; i < values.length; i++) {
      if (quality[i] & spoilt) continue;
      counts[values[i]] += 1;
      total += 1;
    }
    if (total > 0) return PERCENTILES.map((share) => valueAt(counts, share * (total - 1)));
  }
  return [0, 3000];
}

function valueAt(counts, rank) {
  let seen = 0;
  for (let value = 0; value < counts.length; value++) {
    seen += counts[value];
    if (seen > rank) return value;
  }
  return counts.length - 1;
}

/** Which values of a band are black and white, by the settings. @returns {[number, number]} */
function rangeOf(pack, name, settings) {
  if (settings.stretch === "fixed") return [0, settings.white * 10000];
  const kept = settings.stretch === "kept" && settings.ranges[name];
  if (kept) return kept;
  pack.ranges ??= {};
  pack.ranges[name] ??= percentileRange(bandOf(pack, name), pack.quality);
  return pack.ranges[name];
}

/** The grey of each value a band may have. */
function stretchTable([low, high]) {
  const greys = new Uint8ClampedArray(65536);
  const step = 255 / Math.max(high - low, 1);
  for (let value = 0; value < greys.length; value++) greys[value] = (value - low) * step;
  return greys;
}

function colours(pack, bands, ranges, out) {
  const [red, green, blue] = bands.map((name) => bandOf(pack, name));
  const [r, g, b] = ranges.map(stretchTable);
  for (let i = 0; i < out.length; i++) {
    if (red[i] && green[i] && blue[i]) {
      out[i] = 0xff000000 | (b[blue[i]] << 16) | (g[green[i]] << 8) | r[red[i]];
    }
  }
}

function ratio(pack, { id, bands }, out) {
  const [first, second] = bands.map((name) => bandOf(pack, name));
  const [low, high] = INDEX_RANGE;
  const ramp = TABLES[id];
  for (let i = 0; i < out.length; i++) {
    if (!first[i] || !second[i]) continue;
    const value = (first[i] - second[i]) / (first[i] + second[i]);
    const at = ((value - low) / (high - low)) * 255;
    out[i] = ramp[at < 0 ? 0 : at > 255 ? 255 : at | 0];
  }
}

function shares(pack, place, out) {
  const size = out.length;
  const values = pack.shares.subarray(place * size, (place + 1) * size);
  for (let i = 0; i < size; i++) {
    if (!(pack.quality[i] & 1)) out[i] = TABLES.share[((values[i] * 255) / 10000) | 0];
  }
}

/**
 * @typedef {object} Composed
 * @property {HTMLCanvasElement} canvas one pixel for each of the pair
 * @property {string} title what is shown, and what stands for it where a band is missing
 * @property {{low: string, high: string, ramp: string[]}|null} legend
 * @property {Record<string, number[]>} ranges reflectance x 10000 at black and at white
 */

/** How a pair looks by the settings; the last answer is kept with the pair. @returns {Composed} */
export function composed(pack, settings) {
  const key = [settings.share, settings.composite, settings.band, settings.stretch, settings.white];
  const kept = settings.stretch === "kept" ? JSON.stringify(settings.ranges) : "";
  const name = `${key.join(" ")} ${kept}`;
  if (pack.composed?.name !== name) pack.composed = { name, ...compose(pack, settings) };
  return pack.composed;
}

function compose(pack, settings) {
  const pixels = new ImageData(pack.width, pack.height);
  const said = paint(pack, settings, new Uint32Array(pixels.data.buffer));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [pack.width, pack.height];
  canvas.getContext("2d").putImageData(pixels, 0, 0);
  return { legend: null, ranges: {}, canvas, ...said };
}

function paint(pack, settings, out) {
  const place = pack.header.classes.findIndex((one) => one.value === settings.share);
  if (settings.share !== null && place >= 0) {
    shares(pack, place, out);
    const legend = { low: "0 %", high: "100 %", ramp: RAMPS.share };
    return { title: t("Share of {name}", { name: pack.header.classes[place].name }), legend };
  }
  const composite = COMPOSITES.find((one) => one.id === settings.composite) ?? COMPOSITES[0];
  const bands = composite.id === "band" ? [settings.band] : composite.bands;
  const missing = bands.filter((band) => !pack.header.bands.includes(band));
  if (missing.length > 0) return inGrey(pack, settings, composite, missing, out);
  if (composite.index) {
    ratio(pack, composite, out);
    const [low, high] = INDEX_RANGE.map(String);
    return {
      title: `${composite.title} (${bands.join(", ")})`,
      legend: { low, high, ramp: RAMPS[composite.id] },
    };
  }
  if (composite.id === "band") return grey(pack, settings, settings.band, out);
  const ranges = Object.fromEntries(bands.map((band) => [band, rangeOf(pack, band, settings)]));
  colours(
    pack,
    bands,
    bands.map((band) => ranges[band]),
    out,
  );
  return { title: `${composite.title} (${bands.join(", ")})`, ranges };
}

function grey(pack, settings, band, out) {
  const range = rangeOf(pack, band, settings);
  colours(pack, [band, band, band], [range, range, range], out);
  return { title: t("{band} in grey", { band }), ranges: { [band]: range } };
}

/** A band that is there stands for a composite that lacks one, and the title says so. */
function inGrey(pack, settings, composite, missing, out) {
  const there = [...composite.bands, ...pack.header.bands].find((band) =>
    pack.header.bands.includes(band),
  );
  const said = grey(pack, settings, there, out);
  const lacks = { shown: said.title, composite: composite.title, bands: missing.join(", ") };
  const title =
    composite.id === "band"
      ? t("{shown}: the product lacks {bands}", lacks)
      : t("{shown}: {composite} needs {bands}, which the product lacks", lacks);
  return { ...said, title };
}
