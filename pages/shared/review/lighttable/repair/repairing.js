// What can be done to a pair instead of rejecting it, as actions of the one list. Those with a
// `tool` hold while that tool is open, and come before others of the same key.

import { RELABEL } from "../relabel/relabelling.js";

const repairs = [
  {
    id: "ignore",
    keys: ["Shift+I"],
    title: "Ignore an area: draw it on either picture",
    short: "Ignore",
    run: (table) => table.repair.toggle("ignore"),
  },
  {
    id: "nudge",
    keys: ["Shift+M"],
    title: "Move the label",
    short: "Move",
    run: (table) => table.repair.toggle("nudge"),
  },
  {
    id: "film",
    keys: ["Shift+F"],
    title: "Other scenes of this mask",
    short: "Scenes",
    run: (table) => table.repair.toggle("film"),
  },
  ...RELABEL,
  {
    id: "undo repair",
    keys: ["Shift+Z"],
    title: "Undo your last repair of this pair",
    short: "Undo repair",
    run: (table) => table.repair.undo(),
  },
  {
    id: "new pair",
    keys: ["Shift+N"],
    title: "Open the pair that was made of the scene you chose, or of the label you edited",
    run: (table) => table.repair.making.open(),
  },
];

const ignoring = [
  {
    id: "ignore save",
    keys: ["Enter"],
    title: "Close the area (or double click); save what is drawn",
    short: "Save",
    run: (table) => table.repair.tools.ignore.enter(),
  },
  {
    id: "ignore back",
    keys: ["Backspace"],
    title: "Take the last corner or area back",
    short: "Back",
    repeats: true,
    run: (table) => table.repair.tools.ignore.back(),
  },
  {
    id: "ignore leave",
    keys: ["Escape"],
    title: "Drop what is drawn; leave",
    short: "Leave",
    run: (table) => table.repair.tools.ignore.leave(),
  },
];

const ARROWS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"];

const nudging = [
  {
    id: "nudge little",
    keys: ARROWS,
    title: "Move the label by 0.1 pixel (1 m)",
    hint: "0.1 pixel",
    repeats: true,
    run: (table, key) => table.repair.tools.nudge.move(key, 1),
  },
  {
    id: "nudge much",
    keys: ARROWS.map((key) => `Shift+${key}`),
    title: "Move the label by 1 pixel (10 m)",
    hint: "1 pixel",
    repeats: true,
    run: (table, key) => table.repair.tools.nudge.move(key, 10),
  },
  {
    id: "nudge measured",
    keys: ["p"],
    title: "Take the shift that was measured",
    short: "Measured",
    run: (table) => table.repair.tools.nudge.takeMeasured(),
  },
  {
    id: "nudge save",
    keys: ["Enter"],
    title: "Save the label where it is now",
    short: "Save",
    run: (table) => table.repair.tools.nudge.save(),
  },
  {
    id: "nudge leave",
    keys: ["Escape"],
    title: "Put the label back; leave",
    short: "Leave",
    run: (table) => table.repair.close(),
  },
];

const choosing = [
  {
    id: "film step",
    keys: ["ArrowLeft", "ArrowRight"],
    title: "Scene before, next scene",
    hint: "scene",
    repeats: true,
    run: (table, key) => table.repair.tools.film.step(key === "ArrowLeft" ? -1 : 1),
  },
  {
    id: "film choose",
    keys: ["Enter"],
    title: "Choose the scene: its pair is made while you go on",
    short: "Choose",
    run: (table) => table.repair.tools.film.choose(),
  },
  {
    id: "film leave",
    keys: ["Escape"],
    title: "Close the strip",
    short: "Close",
    run: (table) => table.repair.close(),
  },
];

const within = (tool, group, actions) => actions.map((action) => ({ ...action, tool, group }));

/** @type {import("../actions.js").Action[]} */
export const REPAIRING = [
  ...repairs.map((action) => ({ ...action, group: "Repair" })),
  ...within("ignore", "While an area is drawn", ignoring),
  ...within("nudge", "While the label is moved", nudging),
  ...within("film", "While scenes are shown", choosing),
];
