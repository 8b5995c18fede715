// Keys, as long as the light table is on the page and nobody is typing.

import { ACTIONS } from "./actions.js";
import { isTaken } from "./typing.js";

const slot = (tool, key) => `${tool ?? ""} ${key}`;

const BY_KEY = new Map(
  ACTIONS.flatMap((action) => action.keys.map((key) => [slot(action.tool, key), action])),
);

/** What a key does; keys of the tool that is open come first. */
const actionOf = (key, tool) => BY_KEY.get(slot(tool, key)) ?? BY_KEY.get(slot(null, key));

/** `a`, `Shift+B`, `Shift+ArrowLeft`, `Shift+1`, `?`: letters know Shift, other signs contain it. */
function nameOf(event) {
  const { key, shiftKey, code } = event;
  if (/^[a-zA-Z]$/.test(key)) return shiftKey ? `Shift+${key.toUpperCase()}` : key.toLowerCase();
  const digit = /^Digit(\d)$/.exec(code)?.[1];
  if (digit && !/^\d$/.test(key) && !actionOf(key, null)) {
    return shiftKey ? `Shift+${digit}` : digit;
  }
  return shiftKey && key.startsWith("Arrow") ? `Shift+${key}` : key;
}

/**
 * Listens for the life of the page; the table says whether it is on it.
 * @param {import("./lighttable.js").LightTable} table
 */
export function listen(table) {
  const handle = (event, run) => {
    const key = nameOf(event);
    const action = actionOf(key, table.repair.active);
    if (
      !action ||
      !table.isShown ||
      event.ctrlKey ||
      event.altKey ||
      event.metaKey ||
      isTaken(event)
    )
      return;
    // Streamlit has keys of its own (c and r), and Space would scroll.
    event.stopImmediatePropagation();
    event.preventDefault();
    run(action, key);
  };
  const down = (event) => {
    if (event.key === "Escape" && table.isShown && table.help.close()) return;
    handle(event, (action, key) => {
      // A key held down would decide about the next pair as well.
      if (event.repeat && !action.repeats) return;
      if (action.hold) table.hold(action.hold, true);
      else table.perform(action, key);
    });
  };
  const up = (event) => {
    // With Shift let go first, the name of the key is another.
    const action = actionOf(nameOf(event), null);
    if (action?.hold) table.hold(action.hold, false);
  };
  window.addEventListener("keydown", down, true);
  window.addEventListener("keyup", up, true);
  window.addEventListener("blur", () =>
    ["blink", "label"].forEach((what) => table.hold(what, false)),
  );
}
