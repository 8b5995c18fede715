// All that can be done, once: keys, buttons, tooltips and the help are drawn from this list.

import { COMPOSITES } from "./draw/compose.js";
import { RELABELLING } from "./relabel/relabelling.js";
import { REPAIRING } from "./repair/repairing.js";
import { following, settings } from "./settings.js";

const MODES = [
  ["side", "Side"],
  ["swipe", "Swipe"],
  ["single", "One"],
];
const LABELS = [
  ["outline", "Outline"],
  ["fill", "Fill"],
  ["none", "None"],
];
const STRETCHES = ["pair", "fixed", "kept"];
const EDGES = ["each", "grid", "mask"];
const COMPOSITE_KEYS = {
  true: ["t", "True"],
  false: ["f", "False"],
  swir: ["s", "SWIR"],
  agriculture: ["j", "Agri"],
  ndvi: ["v", "NDVI"],
  ndwi: ["w", "NDWI"],
  band: ["g", "Band"],
};
export const REASONS = [
  "cloud",
  "shadow",
  "haze",
  "snow",
  "no data",
  "changed",
  "misaligned",
  "bad label",
  "wrong date",
  "other",
];
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
  { id: "accept", keys: ["a"], title: "Accept", run: (table) => table.decisions.decide("accept") },
  { id: "reject", keys: ["x"], title: "Reject", run: (table) => table.decisions.decide("reject") },
  { id: "unsure", keys: ["u"], title: "Unsure", run: (table) => table.decisions.decide("unsure") },
  {
    id: "confirm",
    keys: ["y"],
    title: "Confirm what was decided on the earlier pair",
    short: "Confirm",
    run: (table) => table.decisions.confirm(),
  },
  {
    id: "undo",
    keys: ["z"],
    title: "Undo your last decision",
    short: "Undo",
    run: (table) => table.decisions.undo(),
  },
  {
    id: "back",
    keys: ["ArrowLeft"],
    title: "Pair before",
    short: "Back",
    run: (table) => table.step(-1),
  },
  {
    id: "next",
    keys: ["ArrowRight"],
    title: "Next pair",
    short: "Next",
    run: (table) => table.step(1),
  },
  {
    id: "note",
    keys: ["n"],
    title: "Write a note (Enter or Esc gives the keys back)",
    run: (table) => table.bar.focusNote(),
  },
];

const reasons = REASONS.map((reason, place) => ({
  id: `reason ${reason}`,
  keys: [String((place + 1) % 10)],
  title: `Reason: ${reason}`,
  short: reason,
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
    title: "Band before, alone",
    run: (table) => table.stepBand(-1),
  },
  { id: "band after", keys: ["]"], title: "Next band, alone", run: (table) => table.stepBand(1) },
  {
    id: "composites",
    keys: ["c"],
    title: "Next composite",
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
    title: "Share of each class in turn, then the composite",
    run: (table) => table.stepShares(),
  },
  {
    id: "stretch",
    keys: ["k"],
    title: "Stretch: of the pair, fixed, as the pair before",
    run: set(() => ({ stretch: following(STRETCHES, settings.stretch) })),
  },
];

const modes = MODES.map(([id, short]) => ({
  id: `mode ${id}`,
  keys: [],
  title: {
    side: "Side by side",
    swipe: "Swipe: drag the line",
    single: "One picture: hold b to blink",
  }[id],
  short,
  run: set(() => ({ mode: id })),
  pressed: is("mode", id),
}));

const looking = [
  {
    id: "mode",
    keys: ["m"],
    title: "Side by side, swipe, one picture",
    run: set(() => ({
      mode: following(
        MODES.map(([id]) => id),
        settings.mode,
      ),
    })),
  },
  { id: "blink", keys: ["b", " "], title: "Blink: the other picture while held", hold: "blink" },
  {
    id: "swap",
    keys: ["Shift+B"],
    title: "The other picture alone",
    run: set(() => ({
      mode: "single",
      single: settings.mode === "single" && settings.single === "scene" ? "source" : "scene",
    })),
  },
  {
    id: "larger",
    keys: ["+", "="],
    title: "Larger (or the wheel)",
    short: "+",
    repeats: true,
    run: (table) => table.zoom(1),
  },
  {
    id: "smaller",
    keys: ["-"],
    title: "Smaller",
    short: "−",
    repeats: true,
    run: (table) => table.zoom(-1),
  },
  {
    id: "fit",
    keys: ["r", "Home"],
    title: "Fit the pair into the window",
    short: "Fit",
    run: (table) => table.fit(),
  },
  ...[
    ["Left", 1, 0],
    ["Right", -1, 0],
    ["Up", 0, 1],
    ["Down", 0, -1],
  ].map(([way, x, y]) => ({
    id: `pan ${way}`,
    keys: [`Shift+Arrow${way}`],
    title: `Move ${way.toLowerCase()} (or drag)`,
    repeats: true,
    run: (table) => table.pan([x * PAN, y * PAN]),
  })),
];

const labels = LABELS.map(([id, short]) => ({
  id: `label ${id}`,
  keys: [],
  title: { outline: "Label as outline", fill: "Label as areas", none: "No label" }[id],
  short,
  run: set(() => ({ label: id })),
  pressed: is("label", id),
}));

const overlaying = [
  { id: "hide", keys: ["h"], title: "Hide the label while held", hold: "label" },
  {
    id: "label",
    keys: ["o"],
    title: "Label as outline, as areas, not at all",
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
    title: "Outline of the 10 m label, of the mask itself, or each on its picture",
    run: set(() => ({ edge: following(EDGES, settings.edge) })),
  },
  {
    id: "layers",
    keys: ["l"],
    title: "All layers on or off",
    short: "Layers",
    pressed: is("layers", true),
    run: set(() => ({ layers: !settings.layers })),
  },
  ...Array.from({ length: LAYER_KEYS }, (_, place) => ({
    id: `layer ${place + 1}`,
    keys: [`Shift+${place + 1}`],
    title: `Layer ${place + 1} of the drawer on or off`,
    run: (table) => table.toggleLayer(place),
  })),
];

const framing = [
  {
    id: "drawer",
    keys: ["d"],
    title: "Drawer: view, facts and log",
    short: "Drawer",
    pressed: () => settings.drawer,
    run: (table) => table.look({ drawer: !settings.drawer }),
  },
  {
    id: "tab",
    keys: ["i"],
    title: "Facts and log, or view, in the drawer",
    run: (table) =>
      table.look({
        drawer: true,
        tab: settings.drawer && settings.tab === "facts" ? "view" : "facts",
      }),
  },
  {
    id: "full",
    keys: ["q"],
    title: "Use the whole window",
    short: "Full",
    pressed: is("full", true),
    run: set(() => ({ full: !settings.full })),
  },
  { id: "help", keys: ["?"], title: "Keys", short: "?", run: (table) => table.help.toggle() },
];

const grouped = (group, actions) => actions.map((action) => ({ ...action, group }));

/** Groups that are off while a tool is open. */
export const DECIDING = ["Decide", "Reasons, before the decision; several count"];

/** @type {Action[]} */
export const ACTIONS = [
  ...grouped(DECIDING[0], deciding),
  ...grouped(DECIDING[1], reasons),
  ...grouped("Sentinel-2", [...composites, ...bands]),
  ...grouped("Look", [...modes, ...looking]),
  ...grouped("Label and layers", [...labels, ...overlaying]),
  ...grouped("Window", framing),
  ...REPAIRING,
  ...RELABELLING,
];

const BY_ID = new Map(ACTIONS.map((action) => [action.id, action]));

/** @param {string} id @returns {Action} */
export const action = (id) => BY_ID.get(id);

const NAMES = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", " ": "Space" };

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
