// All keys, drawn from the list of actions.

import { ACTIONS, keyText } from "../actions.js";
import { element } from "../dom.js";

export class Help {
  constructor() {
    const groups = new Map();
    for (const action of ACTIONS.filter(({ keys }) => keys.length > 0)) {
      groups.set(action.group, [...(groups.get(action.group) ?? []), action]);
    }
    const close = element("button", { type: "button", onclick: () => this.close() }, "Close");
    this.node = element(
      "div",
      { class: "help", role: "region", "aria-label": "Keys", hidden: true },
      element("div", { class: "help-head" }, element("h2", {}, "Keys"), close),
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

function section([group, actions]) {
  const rows = actions.map(({ keys, title }) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, ...keys.map((key) => element("kbd", {}, keyText(key)))),
      element("td", {}, title),
    ),
  );
  return element("section", {}, element("h3", {}, group), element("table", {}, ...rows));
}
