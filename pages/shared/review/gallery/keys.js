// Keys of the gallery, as long as it is on the page and nobody is typing.

import { isTaken } from "../lighttable/typing.js";

const STEPS = { ArrowLeft: -1, ArrowRight: 1 };
const VERDICTS = { a: "accept", x: "reject", u: "unsure" };

/** By how many pairs a key moves; null for a key that moves nothing. */
function stepOf(key, { columns, pageOfPairs, rows }) {
  if (key in STEPS) return STEPS[key];
  if (key === "ArrowUp") return -columns;
  if (key === "ArrowDown") return columns;
  if (key === "PageUp") return -pageOfPairs;
  if (key === "PageDown") return pageOfPairs;
  if (key === "Home") return -rows.length;
  if (key === "End") return rows.length;
  return null;
}

/** @param {import("./gallery.js").Gallery} gallery @returns {boolean} whether the key did something */
function press(gallery, event) {
  const { key, shiftKey } = event;
  const control = event.ctrlKey || event.metaKey;
  const step = stepOf(key, gallery.grid);
  if (step !== null) {
    gallery.step(step, shiftKey ? "extend" : control ? "move" : "only");
    return true;
  }
  if (control) return key.toLowerCase() === "a" && gallery.selectAll();
  const letter = key.toLowerCase();
  if (letter in VERDICTS) return !event.repeat && gallery.decide(VERDICTS[letter]);
  if (/^\d$/.test(key)) return gallery.reason((Number(key) + 9) % 10);
  if (key === " ") return gallery.toggle();
  if (key === "Escape") return gallery.selectNone();
  if (key === "Enter") return gallery.openCurrent();
  if (letter === "z") return !event.repeat && gallery.undo();
  if (letter === "n") return gallery.focusNote();
  if (key === "+" || key === "-") return gallery.resize(key === "+" ? 1 : -1);
  return false;
}

/** Listens for the life of the page. @param {import("./gallery.js").Gallery} gallery */
export function listen(gallery) {
  const down = (event) => {
    if (!gallery.isShown || event.altKey || isTaken(event)) return;
    if (press(gallery, event) === false) return;
    // Streamlit has keys of its own (c and r), and arrows and Space would scroll.
    event.stopImmediatePropagation();
    event.preventDefault();
  };
  window.addEventListener("keydown", down, true);
}
