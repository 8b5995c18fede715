// All keys, drawn from the list of actions.

import { ACTIONS, keyText } from "../actions.js";
import { element } from "../dom.js";
import { t } from "../language.js";

export class Help {
  constructor() {
    const groups = new Map();
    for (const action of ACTIONS.filter(({ keys }) => keys.length > 0)) {
      groups.set(action.group, [...(groups.get(action.group) ?? []), action]);
    }
    const close = element("button", { type: "button", onclick: () => this.close() }, t("Close"));
    this.node = element(
      "div",
      { class: "help", role: "region", "aria-label": t("Keys"), hidden: true },
      element("div", { class: "help-head" }, element("h2", {}, t("Keys")), close),
      element("div", { class: "help-groups" }, ...[...groups].map(section)),
    );
  }

  toggle() {
    this.node.hidden = !this.node.hidden;
  }

  /** @returns {boolean} whether it was open */
  close() {
    const wasOpen = !this.node.hidden;
    this.node.hidden = true;
    return wasOpen;
  }
}

const MOST_KEYS = 4;

/** The keys of an action; of a row such as the digits the first and the last. */
function keysOf({ keys }) {
  const shown = keys.map((key) => element("kbd", {}, keyText(key)));
  return keys.length > MOST_KEYS ? [shown[0], " … ", shown.at(-1)] : shown;
}

function section([group, actions]) {
  const rows = actions.map((action) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, ...keysOf(action)),
      element("td", {}, action.title),
    ),
  );
  return element("section", {}, element("h3", {}, group), element("table", {}, ...rows));
}
