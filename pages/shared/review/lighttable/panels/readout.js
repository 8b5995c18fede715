// What is under the cursor, in numbers: place, reflectance, class shares, flags.

import { element, number, percent, say } from "../dom.js";
import { groundOf, lonLat } from "../draw/pack.js";
import { layersOf } from "../draw/layers.js";
import { t } from "../language.js";

const IGNORE = 255;
const [WIDTH, HEIGHT, LEFT, BOTTOM] = [264, 92, 24, 14];
const NS = "http://www.w3.org/2000/svg";

/**
 * @typedef {object} Reading
 * @property {string} place
 * @property {(number|null)[]} reflectance by band, null where there are no data
 * @property {{name: string, colour: string, share: number}[]} shares largest first
 * @property {string} label
 * @property {string} flags
 */

/** What a pair has at a place. @returns {Reading|null} null beside the pair */
export function readingAt(pack, [x, y]) {
  const [column, line] = [Math.floor(x), Math.floor(y)];
  if (column < 0 || line < 0 || column >= pack.width || line >= pack.height) return null;
  const [size, at] = [pack.width * pack.height, line * pack.width + column];
  const { bands, classes } = pack.header;
  const reflectance = bands.map((_, band) => pack.image[band * size + at] / 10000 || null);
  const shares = classes
    .map(({ name, colour }, place) => ({
      name,
      colour,
      share: pack.shares[place * size + at] / 10000,
    }))
    .filter(({ share }) => share > 0)
    .sort((one, other) => other.share - one.share);
  return {
    place: placeText(pack, x, y, column, line),
    reflectance,
    shares,
    label: labelText(classes, pack.label[at]),
    flags: flagText(pack, at),
  };
}

function placeText(pack, x, y, column, line) {
  const [east, north] = groundOf(pack, x, y);
  const [lon, lat] = lonLat(pack, x, y);
  const degrees = `${lat.toFixed(5)}° ${lon.toFixed(5)}°`;
  const { full_width: wide, full_height: high } = pack.header;
  // Of a pair that is shown reduced, the pixel in the middle of those that one stands for.
  const row = Math.floor(((line + 0.5) * high) / pack.height);
  const at = Math.floor(((column + 0.5) * wide) / pack.width);
  return t("E {east} N {north}  ·  lat lon {degrees}  ·  row {row} column {column}", {
    east: number(east),
    north: number(north),
    degrees,
    row,
    column: at,
  });
}

function labelText(classes, value) {
  if (value === IGNORE) return t("no label");
  return classes.find((one) => one.value === value)?.name ?? t("class {value}", { value });
}

function flagText(pack, at) {
  const value = pack.quality[at];
  if (value & 1) return t("outside the mask");
  const names = layersOf(pack)
    .filter(({ id }) => typeof id === "number" && value & id)
    .map(({ name }) => name);
  if (pack.change?.[at]) names.push(t("looks changed"));
  return names.join(", ") || t("clear");
}

const svg = (tag, attributes) => {
  const made = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
};

/** The line under the pictures, and the part of the drawer with the spectrum. */
export class Readout {
  constructor() {
    this.line = element("div", { class: "reading" });
    this.plot = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "spectrum", role: "img" });
    this.curve = svg("polyline", { class: "curve" });
    this.dots = svg("g", {});
    this.axis = svg("g", {});
    this.plot.append(this.axis, this.curve, this.dots);
    this.values = element("div", { class: "values" });
    this.shares = element("div", { class: "shares" });
    this.node = element(
      "section",
      { class: "readout", "aria-label": t("Under the cursor") },
      element("h3", {}, t("Under the cursor")),
      this.plot,
      this.values,
      this.shares,
    );
  }

  /** Another pair: its bands, and nothing under the cursor yet. */
  setPack(pack) {
    this.pack = pack;
    const bands = pack?.header.bands ?? [];
    if (bands.join() !== this.bands) {
      this.bands = bands.join();
      this.cells = bands.map((band, place) => this.#cell(pack.header, band, place));
      this.values.replaceChildren(...this.cells.map(({ node }) => node));
    }
    this.#drawAxis();
    this.show(null);
  }

  #cell(header, band, place) {
    const value = element("b", {}, "–");
    const title = `${band}: ${header.wavelengths_nm?.[place] ?? "?"} nm, ${header.resolutions_m?.[place] ?? "?"} m`;
    return { value, node: element("span", { title }, band, " ", value) };
  }

  /** @param {[number, number]|null} at a place on the pair */
  show(at) {
    const reading = this.pack && at && readingAt(this.pack, at);
    say(
      this.line,
      reading ? `${reading.place}  ·  ${sharesText(reading)}  ·  ${reading.flags}` : this.#hint(),
    );
    this.cells?.forEach(({ value }, place) => {
      const found = reading?.reflectance[place];
      say(value, found ? found.toFixed(4) : "–");
    });
    say(this.shares, reading ? `${reading.label}: ${sharesText(reading)} · ${reading.flags}` : "");
    this.#drawCurve(reading?.reflectance ?? []);
  }

  #hint() {
    if (!this.pack) return "";
    const { width, height, reduced, crs } = this.pack.header;
    const shown = { width, height, reduced, crs };
    return reduced > 1
      ? t(
          "{width} × {height}, one of {reduced} × {reduced} pixels of 10 m, {crs}. Point at the picture to read values.",
          shown,
        )
      : t("{width} × {height}, 10 m pixels, {crs}. Point at the picture to read values.", shown);
  }

  #x(place) {
    const nm = this.pack.header.wavelengths_nm;
    const [low, high] = [400, 2250];
    const share = nm
      ? (nm[place] - low) / (high - low)
      : place / (this.pack.header.bands.length - 1);
    return LEFT + share * (WIDTH - LEFT - 6);
  }

  #drawAxis() {
    const words = (x, y, text, anchor) => {
      const made = svg("text", { x, y, "text-anchor": anchor });
      made.textContent = text;
      return made;
    };
    this.axis.replaceChildren(
      svg("path", { class: "axis", d: `M${LEFT} 4V${HEIGHT - BOTTOM}H${WIDTH}` }),
      words(WIDTH, HEIGHT - 3, "2200 nm", "end"),
      words(LEFT, HEIGHT - 3, "400", "start"),
      words(LEFT - 3, HEIGHT - BOTTOM, "0", "end"),
      (this.top = words(LEFT - 3, 11, "", "end")),
    );
  }

  #drawCurve(reflectance) {
    const there = reflectance
      .map((value, place) => [place, value])
      .filter(([, value]) => value !== null);
    const highest = Math.max(0.3, ...there.map(([, value]) => value));
    const top = Math.ceil(highest * 10) / 10;
    say(this.top, there.length ? top.toFixed(1) : "");
    const points = there
      .map(([place, value]) => [this.#x(place), 4 + (1 - value / top) * (HEIGHT - BOTTOM - 4)])
      .sort((one, other) => one[0] - other[0]);
    this.curve.setAttribute("points", points.map((point) => point.join()).join(" "));
    this.dots.replaceChildren(...points.map(([cx, cy]) => svg("circle", { cx, cy, r: 2.2 })));
  }
}

function sharesText({ shares }) {
  return (
    shares.map(({ name, share }) => `${name} ${percent(share)}`).join(", ") ||
    t("no class known")
  );
}
