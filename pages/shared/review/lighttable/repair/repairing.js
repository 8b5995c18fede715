// What can be done to a pair instead of rejecting it, as actions of the one list. Those with a
// `tool` hold while that tool is open, and come before others of the same key.

import { RELABEL } from "../relabel/relabelling.js";
import { t } from "../language.js";

const repairs = [
  {
    id: "ignore",
    keys: ["Shift+I"],
    title: t("Ignore an area: draw it on either picture"),
    short: t("Ignore"),
    run: (table) => table.repair.toggle("ignore"),
  },
  {
    id: "nudge",
    keys: ["Shift+M"],
    title: t("Move the label"),
    short: t("Move"),
    run: (table) => table.repair.toggle("nudge"),
  },
  {
    id: "film",
    keys: ["Shift+F"],
    title: t("Other scenes of this mask"),
    short: t("Scenes"),
    run: (table) => table.repair.toggle("film"),
  },
  ...RELABEL,
  {
    id: "undo repair",
    keys: ["Shift+Z"],
    title: t("Undo your last repair of this pair"),
    short: t("Undo repair"),
    run: (table) => table.repair.undo(),
  },
  {
    id: "new pair",
    keys: ["Shift+N"],
    title: t("Open the pair that was made of the scene you chose, or of the label you edited"),
    run: (table) => table.repair.making.open(),
  },
];

const ignoring = [
  {
    id: "ignore save",
    keys: ["Enter"],
    title: t("Close the area (or double click); save what is drawn"),
    short: t("Save"),
    run: (table) => table.repair.tools.ignore.enter(),
  },
  {
    id: "ignore back",
    keys: ["Backspace"],
    title: t("Take the last corner or area back"),
    short: t("Back"),
    repeats: true,
    run: (table) => table.repair.tools.ignore.back(),
  },
  {
    id: "ignore leave",
    keys: ["Escape"],
    title: t("Drop what is drawn; leave"),
    short: t("Leave"),
    run: (table) => table.repair.tools.ignore.leave(),
  },
];

const ARROWS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"];

const nudging = [
  {
    id: "nudge little",
    keys: ARROWS,
    title: t("Move the label by 0.1 pixel (1 m)"),
    hint: t("0.1 pixel"),
    repeats: true,
    run: (table, key) => table.repair.tools.nudge.move(key, 1),
  },
  {
    id: "nudge much",
    keys: ARROWS.map((key) => `Shift+${key}`),
    title: t("Move the label by 1 pixel (10 m)"),
    hint: t("1 pixel"),
    repeats: true,
    run: (table, key) => table.repair.tools.nudge.move(key, 10),
  },
  {
    id: "nudge measured",
    keys: ["p"],
    title: t("Take the shift that was measured"),
    short: t("Measured"),
    run: (table) => table.repair.tools.nudge.takeMeasured(),
  },
  {
    id: "nudge save",
    keys: ["Enter"],
    title: t("Save the label where it is now"),
    short: t("Save"),
    run: (table) => table.repair.tools.nudge.save(),
  },
  {
    id: "nudge leave",
    keys: ["Escape"],
    title: t("Put the label back; leave"),
    short: t("Leave"),
    run: (table) => table.repair.close(),
  },
];

const choosing = [
  {
    id: "film step",
    keys: ["ArrowLeft", "ArrowRight"],
    title: t("Scene before, next scene"),
    hint: t("scene"),
    repeats: true,
    run: (table, key) => table.repair.tools.film.step(key === "ArrowLeft" ? -1 : 1),
  },
  {
    id: "film choose",
    keys: ["Enter"],
    title: t("Choose the scene: its pair is made while you go on"),
    short: t("Choose"),
    run: (table) => table.repair.tools.film.choose(),
  },
  {
    id: "film leave",
    keys: ["Escape"],
    title: t("Close the strip"),
    short: t("Close"),
    run: (table) => table.repair.close(),
  },
];

const within = (tool, group, actions) => actions.map((action) => ({ ...action, tool, group }));

/** @type {import("../actions.js").Action[]} */
export const REPAIRING = [
  ...repairs.map((action) => ({ ...action, group: t("Repair") })),
  ...within("ignore", t("While an area is drawn"), ignoring),
  ...within("nudge", t("While the label is moved"), nudging),
  ...within("film", t("While scenes are shown"), choosing),
];
