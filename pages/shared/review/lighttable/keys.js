// Keys, as long as the light table is on the page and nobody is typing.

import { ACTIONS } from "./actions.js";

const TYPING =
  "input, textarea, select, [contenteditable], [role=slider], [role=listbox], [role=combobox], " +
  "[role=dialog], [data-testid=stDataFrame], [data-testid=stPopoverBody]";

const BY_KEY = new Map(ACTIONS.flatMap((action) => action.keys.map((key) => [key, action])));

/** `a`, `Shift+B`, `Shift+ArrowLeft`, `Shift+1`, `?`: letters know Shift, other signs contain it. */
function nameOf(event) {
  const { key, shiftKey, code } = event;
  if (/^[a-zA-Z]$/.test(key)) return shiftKey ? `Shift+${key.toUpperCase()}` : key.toLowerCase();
  const digit = /^Digit(\d)$/.exec(code)?.[1];
  if (digit && !/^\d$/.test(key) && !BY_KEY.has(key)) return shiftKey ? `Shift+${digit}` : digit;
  return shiftKey && key.startsWith("Arrow") ? `Shift+${key}` : key;
}

/** Whether a key belongs to what has the focus: text, a list, a button reached by Tab. */
function isTaken(event) {
  const target = event.composedPath()[0];
  if (!(target instanceof Element)) return false;
  if (target.closest(TYPING)) return true;
  return (
    [" ", "Enter"].includes(event.key) &&
    target.matches("button:focus-visible, summary:focus-visible")
  );
}

/**
 * Listens for the life of the page; the table says whether it is on it.
 * @param {import("./lighttable.js").LightTable} table
 */
export function listen(table) {
  const handle = (event, run) => {
    const action = BY_KEY.get(nameOf(event));
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
    run(action);
  };
  const down = (event) => {
    if (event.key === "Escape" && table.isShown) table.help.close();
    handle(event, (action) => {
      // A key held down would decide about the next pair as well.
      if (event.repeat && !action.repeats) return;
      if (action.hold) table.hold(action.hold, true);
      else action.run(table);
      table.decisions.touched();
    });
  };
  const up = (event) => {
    // With Shift let go first, the name of the key is another.
    const action = BY_KEY.get(nameOf(event));
    if (action?.hold) table.hold(action.hold, false);
  };
  window.addEventListener("keydown", down, true);
  window.addEventListener("keyup", up, true);
  window.addEventListener("blur", () =>
    ["blink", "label"].forEach((what) => table.hold(what, false)),
  );
}
