// What can be done to the label of a pair, as actions of the one list.

import { t } from "../language.js";

const GROUP = t("While the label is edited");

/** Beside the other repairs. */
export const RELABEL = [
  {
    id: "relabel",
    keys: ["Shift+E"],
    title: t("Edit the label: draw, erase, move corners"),
    short: t("Edit label"),
    run: (table) => table.repair.toggle("relabel"),
  },
  {
    id: "undo label",
    keys: ["Shift+U"],
    title: t("Undo the edited label: the one before is in force again"),
    short: t("Undo the edited label"),
    run: (table) => table.repair.making.undoLabel(),
  },
];

const tool = (table) => table.repair.tools.relabel;

const relabelling = [
  {
    id: "relabel class",
    keys: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
    title: t("Choose a class by its number; 0 is background, which erases"),
    run: (table, key) => tool(table).chooseClass(key),
  },
  {
    id: "relabel other class",
    keys: ["ArrowLeft", "ArrowRight"],
    title: t("Class before, next class"),
    run: (table, key) => tool(table).chooseClass(key),
  },
  {
    id: "relabel corners",
    keys: ["c"],
    title: t("Move corners: pull them or edges; Delete or a double click takes one away"),
    short: t("Corners"),
    pressed: (table) => tool(table).shapesCorners,
    run: (table) => tool(table).toggleCorners(),
  },
  {
    id: "relabel save",
    keys: ["Enter"],
    title: t("Close the area (or double click); save the label, and have its pair made"),
    short: t("Save"),
    run: (table) => tool(table).enter(),
  },
  {
    id: "relabel back",
    keys: ["z"],
    title: t("Undo the last step"),
    short: t("Undo"),
    repeats: true,
    run: (table) => tool(table).back(),
  },
  {
    id: "relabel redo",
    keys: ["Shift+Z"],
    title: t("Redo the step"),
    short: t("Redo"),
    repeats: true,
    run: (table) => tool(table).redo(),
  },
  {
    id: "relabel remove",
    keys: ["Backspace", "Delete"],
    title: t("Take the last corner back; while corners are moved, the one under the cursor away"),
    repeats: true,
    run: (table) => tool(table).backOrRemove(),
  },
  {
    id: "relabel leave",
    keys: ["Escape"],
    title: t("Drop what is being drawn; leave"),
    short: t("Leave"),
    run: (table) => tool(table).leave(),
  },
];

/** @type {import("../actions.js").Action[]} */
export const RELABELLING = relabelling.map((one) => ({ ...one, tool: "relabel", group: GROUP }));
