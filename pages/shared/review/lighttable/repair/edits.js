// The repairs of a pair that hold, for the drawer.

import { button } from "../panels/buttons.js";
import { element } from "../dom.js";
import { t } from "../language.js";

/** The title of the server's own list of repairs, which this one stands for. */
export const REPAIRS = t("Repairs");

/** @param {object} item @param {import("../lighttable.js").LightTable} table @returns {Node[]} */
export function editsOf(item, table) {
  const head = element("h3", {}, REPAIRS);
  const edits = item.edits ?? [];
  const version = item.label_version ? [item.label_version] : [];
  const all = [...version, ...edits];
  if (all.length === 0) return [head, element("p", { class: "small" }, t("Nothing is repaired."))];
  const list = element(
    "ol",
    { class: "log edits" },
    ...all.map(({ who, when, text }) =>
      element(
        "li",
        {},
        element("b", {}, text),
        element("div", { class: "small" }, `${who} · ${when}`),
      ),
    ),
  );
  const undo = button("undo repair", table, { withKey: true });
  undo.disabled = !edits.some(({ who }) => who === table.data.reviewer);
  const buttons = edits.length ? [undo] : [];
  if (version.length) buttons.push(button("undo label", table, { withKey: true }));
  return [head, list, ...buttons];
}
