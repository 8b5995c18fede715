// The classes that can be drawn, to choose one of: background erases.

import { element } from "../dom.js";
import { t } from "../language.js";

const BACKGROUND = 0;

export class Palette {
  /** @param {() => void} changed called when another class is chosen by the mouse */
  constructor(changed) {
    this.changed = changed;
    this.value = null;
    this.buttons = [];
    this.node = element("div", { class: "palette", role: "radiogroup", "aria-label": t("Class") });
  }

  /** @param {import("../draw/pack.js").Pack} pack */
  show(pack) {
    const known = pack.header.classes.filter(({ value }) => value !== BACKGROUND);
    this.classes = [{ value: BACKGROUND, name: t("Background"), colour: "#c8c8c8" }, ...known];
    // The class of before where this mask has it, too.
    if (!this.classes.some(({ value }) => value === this.value)) {
      this.value = (known[0] ?? this.classes[0]).value;
    }
    this.buttons = this.classes.map((one, place) => this.#button(one, place));
    this.node.replaceChildren(...this.buttons);
    this.#mark();
  }

  #button({ value, name, colour }, place) {
    const swatch = element("i", { class: "swatch" });
    swatch.style.background = colour;
    const key = place < 10 ? element("kbd", {}, String(place)) : null;
    const title = value === BACKGROUND ? t("Background: erases") : name;
    const onclick = () => {
      this.#choose(value);
      this.changed();
    };
    return element("button", { type: "button", role: "radio", title, onclick }, swatch, name, key);
  }

  get chosen() {
    return this.classes.find(({ value }) => value === this.value);
  }

  /** The class of a digit key, if there is one. */
  press(digit) {
    const found = this.classes[digit];
    if (found) this.#choose(found.value);
  }

  step(step) {
    const place = this.classes.indexOf(this.chosen) + step;
    this.#choose(this.classes.at(place % this.classes.length).value);
  }

  #choose(value) {
    this.value = value;
    this.#mark();
  }

  #mark() {
    this.buttons.forEach((made, place) => {
      const on = this.classes[place].value === this.value;
      made.setAttribute("aria-checked", String(on));
      if (on) made.scrollIntoView({ block: "nearest", inline: "nearest" });
    });
  }
}
