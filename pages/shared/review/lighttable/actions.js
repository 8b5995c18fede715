// All that can be done, once: keys, buttons, tooltips and the help are drawn from this list.

import { COMPOSITES } from "./draw/compose.js";
import { RELABELLING } from "./relabel/relabelling.js";
import { REPAIRING } from "./repair/repairing.js";
import { following, settings } from "./settings.js";
import { t } from "./language.js";

const MODES = [
  ["side", t("Side")],
  ["swipe", t("Swipe")],
  ["single", t("One")],
];
const LABELS = [
  ["outline", t("Outline")],
  ["fill", t("Fill")],
  ["none", t("None")],
];
const STRETCHES = ["pair", "fixed", "kept"];
const EDGES = ["each", "grid", "mask"];
const COMPOSITE_KEYS = {
  true: ["t", t("True")],
  false: ["f", t("False")],
  swir: ["s", "SWIR"],
  agriculture: ["j", t("Agri")],
  ndvi: ["v", "NDVI"],
  ndwi: ["w", "NDWI"],
  band: ["g", t("Band")],
};
/** The reasons in the order of their keys, as they are kept and as they are called. */
const REASON_TEXTS = {
  cloud: t("cloud"),
  shadow: t("shadow"),
  haze: t("haze"),
  snow: t("snow"),
  "no data": t("no data"),
  changed: t("changed"),
  misaligned: t("misaligned"),
  "bad label": t("bad label"),
  "wrong date": t("wrong date"),
  other: t("other"),
};
export const REASONS = Object.keys(REASON_TEXTS);
/** Reasons in a row, as they are called. @param {string[]} reasons */
export const reasonsText = (reasons) => reasons.map((one) => REASON_TEXTS[one]).join(", ");
// CSS pixels for each press of an arrow.
const PAN = 60;
export const LAYER_KEYS = 9;

/**
 * @typedef {object} Action
 * @property {string} id
 * @property {string[]} keys as `nameOf` in keys.js spells them
 * @property {string} title
 * @property {string} group heading in the help
 * @property {string} [short] what its button says
 * @property {(table: import("./lighttable.js").LightTable, key?: string) => void} [run]
 * @property {"blink"|"label"} [hold] what holds while the key is held down
 * @property {boolean} [repeats] whether a key held down counts again and again
 * @property {(table?: import("./lighttable.js").LightTable) => boolean} [pressed] whether its
 *   button looks pressed
 * @property {string} [tool] the tool within which it holds
 * @property {string} [hint] what is said beside its keys in the tool's line
 */

const set = (changes) => (table) => table.look(changes());
const is = (name, value) => () => settings[name] === value;

const deciding = [
  { id: "accept", keys: ["a"], title: t("Accept"), run: (table) => table.decisions.decide("accept") },
  { id: "reject", keys: ["x"], title: t("Reject"), run: (table) => table.decisions.decide("reject") },
  { id: "unsure", keys: ["u"], title: t("Unsure"), run: (table) => table.decisions.decide("unsure") },
  {
    id: "confirm",
    keys: ["y"],
    title: t("Confirm what was decided on the earlier pair"),
    short: t("Confirm"),
    run: (table) => table.decisions.confirm(),
  },
  {
    id: "undo",
    keys: ["z"],
    title: t("Undo your last decision"),
    short: t("Undo"),
    run: (table) => table.decisions.undo(),
  },
  {
    id: "back",
    keys: ["ArrowLeft"],
    title: t("Pair before"),
    short: t("Back"),
    run: (table) => table.step(-1),
  },
  {
    id: "next",
    keys: ["ArrowRight"],
    title: t("Next pair"),
    short: t("Next"),
    run: (table) => table.step(1),
  },
  {
    id: "note",
    keys: ["n"],
    title: t("Write a note (Enter or Esc gives the keys back)"),
    run: (table) => table.bar.focusNote(),
  },
];

const reasons = REASONS.map((reason, place) => ({
  id: `reason ${reason}`,
  keys: [String((place + 1) % 10)],
  title: t("Reason: {reason}", { reason: REASON_TEXTS[reason] }),
  short: REASON_TEXTS[reason],
  run: (table) => table.bar.toggleReason(reason),
}));

const composites = COMPOSITES.map(({ id, title, bands }) => ({
  id: `composite ${id}`,
  keys: [COMPOSITE_KEYS[id][0]],
  title: bands.length ? `${title} (${bands.join(", ")})` : title,
  short: COMPOSITE_KEYS[id][1],
  run: set(() => ({ composite: id, share: null })),
  pressed: () => settings.composite === id && settings.share === null,
}));

const bands = [
  {
    id: "band before",
    keys: ["["],
    title: t("Band before, alone"),
    run: (table) => table.stepBand(-1),
  },
  { id: "band after", keys: ["]"], title: t("Next band, alone"), run: (table) => table.stepBand(1) },
  {
    id: "composites",
    keys: ["c"],
    title: t("Next composite"),
    run: set(() => ({
      share: null,
      composite: following(
        COMPOSITES.map(({ id }) => id),
        settings.composite,
      ),
    })),
  },
  {
    id: "shares",
    keys: ["p"],
    title: t("Share of each class in turn, then the composite"),
    run: (table) => table.stepShares(),
  },
  {
    id: "stretch",
    keys: ["k"],
    title: t("Stretch: of the pair, fixed, as the pair before"),
    run: set(() => ({ stretch: following(STRETCHES, settings.stretch) })),
  },
];

const modes = MODES.map(([id, short]) => ({
  id: `mode ${id}`,
  keys: [],
  title: {
    side: t("Side by side"),
    swipe: t("Swipe: drag the line"),
    single: t("One picture: hold b to blink"),
  }[id],
  short,
  run: set(() => ({ mode: id })),
  pressed: is("mode", id),
}));

const looking = [
  {
    id: "mode",
    keys: ["m"],
    title: t("Side by side, swipe, one picture"),
    run: set(() => ({
      mode: following(
        MODES.map(([id]) => id),
        settings.mode,
      ),
    })),
  },
  { id: "blink", keys: ["b", " "], title: t("Blink: the other picture while held"), hold: "blink" },
  {
    id: "swap",
    keys: ["Shift+B"],
    title: t("The other picture alone"),
    run: set(() => ({
      mode: "single",
      single: settings.mode === "single" && settings.single === "scene" ? "source" : "scene",
    })),
  },
  {
    id: "larger",
    keys: ["+", "="],
    title: t("Larger (or the wheel)"),
    short: "+",
    repeats: true,
    run: (table) => table.zoom(1),
  },
  {
    id: "smaller",
    keys: ["-"],
    title: t("Smaller"),
    short: "−",
    repeats: true,
    run: (table) => table.zoom(-1),
  },
  {
    id: "fit",
    keys: ["r", "Home"],
    title: t("Fit the pair into the window"),
    short: t("Fit"),
    run: (table) => table.fit(),
  },
  ...[
    ["Left", t("Move left (or drag)"), 1, 0],
    ["Right", t("Move right (or drag)"), -1, 0],
    ["Up", t("Move up (or drag)"), 0, 1],
    ["Down", t("Move down (or drag)"), 0, -1],
  ].map(([way, title, x, y]) => ({
    id: `pan ${way}`,
    keys: [`Shift+Arrow${way}`],
    title,
    repeats: true,
    run: (table) => table.pan([x * PAN, y * PAN]),
  })),
];

const labels = LABELS.map(([id, short]) => ({
  id: `label ${id}`,
  keys: [],
  title: { outline: t("Label as outline"), fill: t("Label as areas"), none: t("No label") }[id],
  short,
  run: set(() => ({ label: id })),
  pressed: is("label", id),
}));

const overlaying = [
  { id: "hide", keys: ["h"], title: t("Hide the label while held"), hold: "label" },
  {
    id: "label",
    keys: ["o"],
    title: t("Label as outline, as areas, not at all"),
    run: set(() => ({
      label: following(
        LABELS.map(([id]) => id),
        settings.label,
      ),
    })),
  },
  {
    id: "edge",
    keys: ["e"],
    title: t("Outline of the 10 m label, of the mask itself, or each on its picture"),
    run: set(() => ({ edge: following(EDGES, settings.edge) })),
  },
  {
    id: "layers",
    keys: ["l"],
    title: t("All layers on or off"),
    short: t("Layers"),
    pressed: is("layers", true),
    run: set(() => ({ layers: !settings.layers })),
  },
  ...Array.from({ length: LAYER_KEYS }, (_, place) => ({
    id: `layer ${place + 1}`,
    keys: [`Shift+${place + 1}`],
    title: t("Layer {number} of the drawer on or off", { number: place + 1 }),
    run: (table) => table.toggleLayer(place),
  })),
];

const framing = [
  {
    id: "drawer",
    keys: ["d"],
    title: t("Drawer: legend and view, facts and log"),
    short: t("Legend"),
    pressed: () => settings.drawer,
    run: (table) => table.look({ drawer: !settings.drawer }),
  },
  {
    id: "tab",
    keys: ["i"],
    title: t("Facts and log, or view, in the drawer"),
    run: (table) =>
      table.look({
        drawer: true,
        tab: settings.drawer && settings.tab === "facts" ? "view" : "facts",
      }),
  },
  {
    id: "full",
    keys: ["q"],
    title: t("Use the whole window"),
    short: t("Full"),
    pressed: is("full", true),
    run: set(() => ({ full: !settings.full })),
  },
  { id: "help", keys: ["?"], title: t("Keys"), short: "?", run: (table) => table.help.toggle() },
];

const grouped = (group, actions) => actions.map((action) => ({ ...action, group }));

/** Groups that are off while a tool is open. */
export const DECIDING = [t("Decide"), t("Reasons, before the decision; several count")];

/** @type {Action[]} */
export const ACTIONS = [
  ...grouped(DECIDING[0], deciding),
  ...grouped(DECIDING[1], reasons),
  ...grouped("Sentinel-2", [...composites, ...bands]),
  ...grouped(t("Look"), [...modes, ...looking]),
  ...grouped(t("Label and layers"), [...labels, ...overlaying]),
  ...grouped(t("Window"), framing),
  ...REPAIRING,
  ...RELABELLING,
];

const BY_ID = new Map(ACTIONS.map((action) => [action.id, action]));

/** @param {string} id @returns {Action} */
export const action = (id) => BY_ID.get(id);

const NAMES = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", " ": t("Space") };

/** How a key is written on buttons and in the help. */
export const keyText = (key) =>
  key
    .replace("Shift+", "⇧")
    .replace(/Arrow\w+| $/, (name) => NAMES[name])
    .replace(/^[a-z]$/, (one) => one.toUpperCase());

/** `Accept (A)` */
export function tooltip({ title, keys }) {
  return keys.length ? `${title} (${keys.map(keyText).join(", ")})` : title;
}
