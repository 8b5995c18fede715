// How pairs are looked at. It stays from pair to pair and from day to day, in this browser.

const PLACE = "review-view";

const DEFAULTS = {
  mode: "side", // side | swipe | single
  single: "scene", // which picture alone: scene | source
  swipe: 0.5,
  composite: "true",
  band: "B08",
  share: null, // the class whose shares are shown instead of a composite
  stretch: "pair", // pair | fixed | kept
  white: 0.3, // reflectance that is white when the stretch is fixed
  ranges: {}, // of the pairs before, by band
  label: "outline", // outline | fill | none
  edge: "each", // each | grid | mask: whose outline
  width: 1.5,
  opacity: 0.4,
  hidden: [], // classes that aren't drawn
  layers: true, // all of them at once
  layersOff: [1], // those that are off for themselves
  drawer: null, // open? Unset: as the window has room
  tab: "view",
  full: false,
};

function stored() {
  try {
    return JSON.parse(localStorage.getItem(PLACE)) ?? {};
  } catch {
    return {};
  }
}

export const settings = { ...DEFAULTS, ...stored(), share: null };

/** @param {Partial<typeof DEFAULTS>} changes */
export function change(changes) {
  Object.assign(settings, changes);
  try {
    localStorage.setItem(PLACE, JSON.stringify(settings));
  } catch {
    // Without storage the settings last as long as the page.
  }
}

/** The next of a list after the present one, round its end. */
export const following = (list, present, step = 1) =>
  list[(list.indexOf(present) + step + list.length) % list.length];

/** The list without the value where it has it, else with it. */
export const toggled = (list, value) =>
  list.includes(value) ? list.filter((one) => one !== value) : [...list, value];
