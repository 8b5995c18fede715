// The drawer's first tab: how label and bands are drawn, and which layers.

import { LAYER_KEYS, keyText } from "../actions.js";
import { element, number, percent, say } from "../dom.js";
import { drawnClasses } from "../draw/labels.js";
import { OUTSIDE, countsOf, layersOf, patternTile } from "../draw/layers.js";
import { bandOf } from "../draw/pack.js";
import { settings, toggled } from "../settings.js";
import { composed } from "../draw/compose.js";
import { t } from "../language.js";

const EDGES = {
  each: t("Each on its picture"),
  grid: t("10 m label"),
  mask: t("Mask as drawn"),
};
const STRETCHES = {
  pair: t("2–98 % of clear pixels"),
  fixed: t("Fixed, white at"),
  kept: t("As the pair before"),
};
const [BINS, PLOT] = [88, 44];

/** The layers of a pair with the shift, which is an arrow: in the order of their keys. */
export function switchesOf(pack) {
  const layers = layersOf(pack);
  return pack.header.shift
    ? [...layers, { id: "shift", name: t("shift: {text}", { text: pack.header.shift.text ?? "" }) }]
    : layers;
}

function select(label, choices, value, chosen) {
  const options = Object.entries(choices).map(([id, text]) =>
    element("option", { value: id, selected: id === value }, text),
  );
  const made = element(
    "select",
    {
      "aria-label": label,
      onchange: () => {
        chosen(made.value);
        made.blur(); // gives the keys back
      },
    },
    ...options,
  );
  return made;
}

function slider(label, [low, high, step], value, chosen) {
  const made = element("input", {
    type: "range",
    min: low,
    max: high,
    step,
    "aria-label": label,
    value,
    title: label,
    oninput: () => chosen(Number(made.value)),
    onchange: () => made.blur(),
  });
  return made;
}

export class Controls {
  /** @param {import("../lighttable.js").LightTable} table */
  constructor(table) {
    this.table = table;
    this.node = element("div", { class: "controls" });
  }

  /** @param {import("../draw/pack.js").Pack|null} pack */
  show(pack) {
    this.node.hidden = !pack;
    if (!pack) return;
    this.node.replaceChildren(
      element("h3", {}, t("Label")),
      this.#label(),
      this.#classes(pack),
      element("h3", {}, t("Layers")),
      this.#layers(pack),
      element("h3", {}, t("Stretch")),
      this.#stretch(pack),
    );
  }

  #look(changes) {
    this.table.look(changes);
  }

  #label() {
    const fill = settings.label === "fill";
    return element(
      "div",
      { class: "row" },
      select(t("Whose outline (E)"), EDGES, settings.edge, (edge) => this.#look({ edge })),
      fill
        ? slider(t("Opacity"), [0.05, 1, 0.05], settings.opacity, (opacity) => this.#look({ opacity }))
        : slider(t("Width of the line"), [0.5, 5, 0.5], settings.width, (width) =>
            this.#look({ width }),
          ),
    );
  }

  #classes(pack) {
    const total = pack.header.classes.reduce((sum, one) => sum + one.pixels, 0) || 1;
    const drawn = drawnClasses(pack);
    const rows = pack.header.classes.map(({ value, name, colour, pixels, area_ha: area }) => {
      const swatch = element("i", { class: "swatch" });
      swatch.style.background = colour;
      const isDrawn = drawn.some((one) => one.value === value);
      const box = element("input", {
        type: "checkbox",
        disabled: !isDrawn,
        onchange: () => {
          this.#look({ hidden: toggled(settings.hidden, value) });
          box.blur();
        },
      });
      box.checked = isDrawn && !settings.hidden.includes(value);
      const share = element(
        "button",
        {
          type: "button",
          title: t("Share of {name} in each pixel (P)", { name }),
          "aria-pressed": String(settings.share === value),
          onclick: () => this.#look({ share: settings.share === value ? null : value }),
        },
        t("share"),
      );
      const text = element(
        "label",
        {},
        box,
        swatch,
        element("span", { class: "grow", title: name }, name),
      );
      return element(
        "div",
        { class: "row" },
        text,
        element(
          "span",
          { class: "figure", title: t("{count} pixels", { count: number(pixels) }) },
          `${number(area, area < 1 ? 2 : 1)} ha · ${percent(pixels / total)}`,
        ),
        share,
      );
    });
    return element("div", { class: "list" }, ...rows);
  }

  #layers(pack) {
    const rows = switchesOf(pack).map((layer, place) => {
      const there = layer.id === "shift" || countsOf(pack).get(layer.id) > 0;
      const box = element("input", {
        type: "checkbox",
        onchange: () => {
          this.table.toggleLayer(place);
          box.blur();
        },
      });
      box.checked = !settings.layersOff.includes(layer.id);
      const text = element(
        "label",
        { class: there ? null : "absent" },
        box,
        swatchOf(layer),
        element("span", { class: "grow", title: layer.name }, layer.name),
      );
      return element(
        "div",
        { class: "row" },
        text,
        element("span", { class: "figure" }, partText(pack, layer.id)),
        place < LAYER_KEYS ? element("kbd", {}, keyText(`Shift+${place + 1}`)) : null,
      );
    });
    return element("div", { class: settings.layers ? "list" : "list off" }, ...rows);
  }

  #stretch(pack) {
    const white =
      settings.stretch === "fixed"
        ? slider(t("White at this reflectance"), [0.05, 1, 0.05], settings.white, (value) =>
            this.#look({ white: value }),
          )
        : null;
    const said = element("span", { class: "figure" }, white ? settings.white.toFixed(2) : "");
    return element(
      "div",
      {},
      element(
        "div",
        { class: "row" },
        select(t("Stretch (K)"), STRETCHES, settings.stretch, (stretch) => this.#look({ stretch })),
        white,
        said,
      ),
      histogram(pack),
    );
  }
}

function swatchOf(layer) {
  const swatch = element("i", { class: "swatch" });
  if (layer.colour) {
    const tile = patternTile(layer.pattern, layer.colour, 1).toDataURL();
    swatch.style.background = `url(${tile}) color-mix(in srgb, ${layer.colour} 30%, #eee)`;
  } else swatch.classList.add("arrow");
  return swatch;
}

/** How much of the pixels inside the mask a layer covers. */
function partText(pack, id) {
  const count = countsOf(pack).get(id);
  if (id === "shift") return "";
  if (!count) return t("none");
  if (id === OUTSIDE) return `${number(count)} px`;
  return percent(count / countsOf(pack).get("inside"));
}

const CURVES = ["#d55e00", "#009e73", "#0072b2"];

/** How often each reflectance is in the bands that are shown, with what is black and white. */
function histogram(pack) {
  const { ranges } = composed(pack, settings);
  const bands = Object.keys(ranges);
  const canvas = element("canvas", {
    class: "histogram",
    width: BINS * 3,
    height: PLOT,
    role: "img",
    "aria-label": t("Histogram of {bands}", { bands: bands.join(", ") }),
  });
  if (bands.length === 0) return element("div");
  const top = Math.max(...Object.values(ranges).map(([, high]) => high)) * 1.25;
  const pen = canvas.getContext("2d");
  bands.forEach((band, place) =>
    drawCounts(pen, pack, band, { top, colour: CURVES[place], range: ranges[band] }),
  );
  const words = bands.map(
    (band) => `${band} ${ranges[band].map((value) => (value / 10000).toFixed(3)).join("–")}`,
  );
  const caption = element("div", { class: "figure" });
  say(caption, words.join("  "));
  return element("div", {}, canvas, caption);
}

function drawCounts(pen, pack, band, { top, colour, range }) {
  const counts = new Uint32Array(BINS);
  const values = bandOf(pack, band);
  for (let i = 0; i < values.length; i++) {
    if (values[i] && values[i] < top) counts[Math.floor((values[i] / top) * BINS)] += 1;
  }
  const most = Math.max(...counts);
  pen.strokeStyle = colour;
  pen.lineWidth = 1.5;
  pen.beginPath();
  counts.forEach((count, bin) => pen.lineTo(bin * 3 + 1.5, PLOT - 2 - (count / most) * (PLOT - 6)));
  pen.stroke();
  pen.globalAlpha = 0.5;
  for (const value of range) {
    pen.beginPath();
    pen.moveTo((value / top) * BINS * 3, 0);
    pen.lineTo((value / top) * BINS * 3, PLOT);
    pen.stroke();
  }
  pen.globalAlpha = 1;
}
