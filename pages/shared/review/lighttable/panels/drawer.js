// The drawer at the right: what is under the cursor, how things are drawn, facts and log.

import { Controls } from "./controls.js";
import { element } from "../dom.js";
import { REPAIRS, editsOf } from "../repair/edits.js";
import { settings } from "../settings.js";
import { t } from "../language.js";

const TABS = [
  ["view", t("Legend and view")],
  ["facts", t("Facts and log")],
];

export class Drawer {
  /** @param {import("../lighttable.js").LightTable} table @param {import("./readout.js").Readout} readout */
  constructor(table, readout) {
    this.table = table;
    this.controls = new Controls(table);
    this.facts = element("div", { class: "facts" });
    this.tabs = TABS.map(([id, title]) =>
      element(
        "button",
        {
          type: "button",
          role: "tab",
          title: `${title} (I)`,
          onclick: () => table.look({ tab: id }),
        },
        title,
      ),
    );
    this.node = element(
      "aside",
      { "aria-label": t("Drawer") },
      readout.node,
      element("div", { class: "tabs", role: "tablist" }, ...this.tabs),
      element("div", { class: "page" }, this.controls.node, this.facts),
    );
  }

  /** Only the tab that is open is drawn. */
  show(pack, item) {
    this.node.hidden = !settings.drawer;
    if (!settings.drawer) return;
    this.tabs.forEach((tab, place) =>
      tab.setAttribute("aria-selected", String(TABS[place][0] === settings.tab)),
    );
    const facts = settings.tab === "facts";
    this.facts.hidden = !facts;
    this.controls.show(facts ? null : pack);
    if (facts) this.facts.replaceChildren(...factsOf(item, pack, this.table));
  }
}

function factsOf(item, pack, table) {
  if (!item) return [];
  const warnings = [item.superseded, ...(item.warnings ?? [])].filter(Boolean);
  const parts = warnings.map((text) => element("p", { class: "warn" }, `⚠ ${text}`));
  parts.push(...logOf(item.log ?? []));
  if (item.earlier_log?.length) {
    parts.push(element("h3", {}, t("On the earlier pair")), entriesOf(item.earlier_log));
  }
  parts.push(...editsOf(item, table));
  const sections = (item.facts ?? []).filter(({ title }) => title !== REPAIRS);
  for (const { title, columns, rows, note } of sections) {
    parts.push(element("h3", {}, title));
    if (rows?.length) parts.push(tableOf(columns, rows));
    if (note) parts.push(element("p", { class: "small" }, note));
  }
  const change = pack?.header.change;
  if (change?.text) parts.push(element("p", { class: "small" }, change.text));
  return parts;
}

/** Rows of one to three cells, of which the first says what the others are. */
function tableOf(columns, rows) {
  const cells = (tag, values) => values.map((value) => element(tag, {}, value));
  const head = columns ? [element("tr", { class: "head" }, ...cells("td", columns))] : [];
  const lines = rows.map(([label, ...values]) =>
    element(
      "tr",
      {},
      element("th", { scope: "row", colspan: values.length ? null : 2 }, label),
      ...cells("td", values),
    ),
  );
  return element("table", {}, ...head, ...lines);
}

function logOf(log) {
  const parts = [element("h3", {}, t("Who decided what"))];
  if (log.length === 0)
    return [...parts, element("p", { class: "small" }, t("Nobody has decided about this pair yet."))];
  return [...parts, entriesOf(log)];
}

function entriesOf(log) {
  const list = element("ol", { class: "log" });
  for (const { when, who, verdict, reason } of log) {
    const line = element("li", {}, element("b", {}, verdict), " ", element("span", {}, who));
    line.append(element("div", { class: "small" }, [when, reason].filter(Boolean).join(" · ")));
    list.append(line);
  }
  return list;
}
