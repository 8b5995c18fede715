// Buttons of the actions: what they say, their keys, and whether they look pressed.

import { action, keyText, tooltip } from "../actions.js";
import { element } from "../dom.js";

/**
 * @param {string} id of the action
 * @param {import("../lighttable.js").LightTable} table
 * @param {{withKey?: boolean, class?: string}} [how]
 */
export function button(id, table, how = {}) {
  const known = action(id);
  const made = element(
    "button",
    {
      type: "button",
      class: how.class,
      title: tooltip(known),
      "data-action": id,
      "aria-keyshortcuts": known.keys.filter((key) => key !== " ").join(" ") || null,
      onclick: () => table.perform(known),
    },
    known.short ?? known.title,
    how.withKey ? element("kbd", {}, keyText(known.keys[0])) : null,
  );
  return made;
}

/** Buttons of which one is chosen. */
export function group(label, ids, table) {
  return element(
    "div",
    { class: "group", role: "group", "aria-label": label },
    ...ids.map((id) => button(id, table)),
  );
}

/** Shows on all buttons within `node` whether what they stand for is on. */
export function showPressed(node, table) {
  for (const made of node.querySelectorAll("button[data-action]")) {
    const { pressed } = action(made.dataset.action);
    if (pressed) made.setAttribute("aria-pressed", String(Boolean(pressed(table))));
  }
}
