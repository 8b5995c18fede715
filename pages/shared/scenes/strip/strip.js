// The candidates of a mask side by side, of which one is looked at and one is used.

import { connect, isOfAnother } from "../../review/lighttable/api.js";
import { CandidatePictures } from "../../review/lighttable/candidate_pictures.js";
import { element, say } from "../../review/lighttable/dom.js";
import { t } from "../../review/lighttable/language.js";

// Steps that follow each other so fast are one for the page.
const SETTLED_MS = 70;
// For so long what the page says of the scene that is looked at may be late.
const LATE_MS = 2000;
// Whether pictures are read from services, in this browser.
const SERVICES_KEY = "scenes-strip-services";
// Pictures are asked for this far out of sight.
const AHEAD = "0px 200px";

const READING = t("reading …");
const NOT_READ = t("not read");

class Strip {
  constructor() {
    this.tiles = [];
    this.at = 0;
    this.told = 0;
    this.list = element("div", {
      class: "tiles",
      role: "listbox",
      tabindex: 0,
      "aria-label": t("Candidates of the mask, best first"),
      "aria-orientation": "horizontal",
      onkeydown: (event) => this.#key(event),
    });
    this.caption = element("span", { class: "caption" });
    this.scale = element("span", { class: "days", "aria-hidden": "true" });
    this.reads = element("input", { type: "checkbox", onchange: () => this.#readServices() });
    this.reads.checked = localStorage.getItem(SERVICES_KEY) !== "off";
    this.cost = element("span");
    this.services = element("label", {}, this.reads, this.cost);
    this.root = element(
      "div",
      { class: "strip", "data-testid": "scene-strip" },
      this.list,
      element("footer", {}, this.caption, this.scale, this.services),
    );
  }

  /** @param {object} component see `mount` */
  receive({ data, setStateValue, setTriggerValue }) {
    this.data = data;
    this.page = { viewed: setStateValue, used: setTriggerValue };
    connect(data, () => setTriggerValue("renewed", Date.now()));
    const sameMask = this.mask === data.mask_id;
    const known = JSON.stringify([data.mask_id, data.scenes]);
    if (known !== this.known) this.#show(known);
    say(this.caption, data.caption);
    say(this.cost, data.cost);
    this.services.hidden = !data.scenes.some(({ remote }) => remote);
    this.scale.replaceChildren(
      ...data.days.map(({ color, text }) =>
        element("span", {}, element("i", { style: `background: ${color}` }), text),
      ),
    );
    const place = data.scenes.findIndex(({ scene_id: id }) => id === data.viewed);
    const late = data.heard < this.told && Date.now() - this.told < LATE_MS;
    if (!sameMask || !(this.settling || late)) this.#to(Math.max(place, 0));
  }

  #show(known) {
    const sameMask = this.mask === this.data.mask_id;
    const pictures = new Map(
      sameMask ? this.tiles.map(({ scene, frame }) => [scene.scene_id, frame]) : [],
    );
    if (!sameMask) this.#forget();
    this.known = known;
    this.mask = this.data.mask_id;
    this.tiles = this.data.scenes.map((scene, place) => {
      const frame = pictures.get(scene.scene_id) ?? this.#frame(scene);
      const node = tile(scene, frame, place);
      node.addEventListener("click", () => this.#click(place));
      node.addEventListener("dblclick", () => this.#use());
      return { scene, frame, node };
    });
    this.list.replaceChildren(...this.tiles.map(({ node }) => node));
    if (!sameMask) this.list.scrollLeft = 0;
  }

  /** Pictures of another mask are no longer wanted. */
  #forget() {
    this.reading?.abort();
    for (const { frame } of this.tiles) {
      const picture = frame.querySelector("img");
      if (picture) URL.revokeObjectURL(picture.src);
    }
    this.reading = new AbortController();
    this.pictures = new CandidatePictures(this.data.mask_id, this.reading.signal);
    this.sight?.disconnect();
    this.sight = new IntersectionObserver((seen) => this.#seen(seen), {
      root: this.list,
      rootMargin: AHEAD,
    });
  }

  #readServices() {
    localStorage.setItem(SERVICES_KEY, this.reads.checked ? "on" : "off");
    for (const { scene, frame } of this.tiles) {
      if (frame.querySelector("img")) continue;
      if (scene.remote) say(frame.firstElementChild, this.reads.checked ? READING : NOT_READ);
      // It says again what is in sight.
      this.sight.unobserve(frame);
      this.sight.observe(frame);
    }
    if (!this.reads.checked) this.pictures.drop();
  }

  /** The place of a picture, which has its size before the picture is there. */
  #frame(scene) {
    const waits = scene.remote && !this.reads.checked;
    const frame = element("div", { class: "frame" }, element("span", {}, waits ? NOT_READ : READING));
    frame.dataset.scene = scene.scene_id;
    frame.dataset.remote = scene.remote;
    this.sight.observe(frame);
    return frame;
  }

  #seen(entries) {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      if (target.dataset.remote === "true" && !this.reads.checked) continue;
      this.sight.unobserve(target);
      this.pictures.want(target.dataset.scene, ({ url, problem }) =>
        target.replaceChildren(
          url
            ? element("img", { src: url, alt: "", draggable: "false" })
            : element("span", { class: "problem", title: problem }, problem),
        ),
      );
    }
  }

  #to(place) {
    this.at = place;
    this.tiles.forEach(({ node }, at) => node.setAttribute("aria-selected", String(at === place)));
    const { node } = this.tiles[place] ?? {};
    if (!node) return;
    this.list.setAttribute("aria-activedescendant", node.id);
    const { offsetLeft: left, offsetWidth: width } = node;
    const { scrollLeft, clientWidth } = this.list;
    // Not scrollIntoView, which would also scroll the page.
    if (left < scrollLeft) this.list.scrollLeft = left - 4;
    else if (left + width > scrollLeft + clientWidth) {
      this.list.scrollLeft = left + width - clientWidth + 4;
    }
  }

  #click(place) {
    this.list.focus({ preventScroll: true });
    if (place !== this.at) this.#view(place, 0);
  }

  /** Looks at another candidate; the page learns of it once one stays there. */
  #view(place, wait) {
    this.#to(place);
    clearTimeout(this.settling);
    this.settling = setTimeout(() => {
      this.settling = null;
      this.#say("viewed");
    }, wait);
  }

  #use() {
    if (this.tiles[this.at]?.scene.selected) return;
    clearTimeout(this.settling);
    this.settling = null;
    this.#say("used");
  }

  #say(name) {
    const { scene } = this.tiles[this.at] ?? {};
    if (!scene) return;
    // With the time, since the same scene may be meant once more.
    this.told = Date.now();
    this.page[name](name, { mask_id: this.mask, scene_id: scene.scene_id, at: this.told });
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const last = this.tiles.length - 1;
    const places = {
      ArrowLeft: this.at - 1,
      k: this.at - 1,
      ArrowRight: this.at + 1,
      j: this.at + 1,
      Home: 0,
      End: last,
    };
    if (event.key === "Enter") this.#use();
    else if (event.key in places) {
      const place = Math.min(Math.max(places[event.key], 0), last);
      if (place !== this.at) this.#view(place, SETTLED_MS);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

/** `cloud in scene 20.6 %`, on two lines where one has no room; the number stays in one. */
function cloud(text) {
  const [, name, value] = /^(.*?)( [\d.]+ %)?$/.exec(text);
  const number = value ? [" ", element("span", {}, value.trim())] : [];
  return element("span", { class: "cloud" }, name, ...number);
}

/** A candidate: its picture, and what is known of it in words. */
function tile(scene, frame, place) {
  const used = scene.selected ? element("span", { class: "used" }, t("✓ in use")) : null;
  const unusable = scene.usable ? null : element("span", { class: "unusable" }, t("⚠ not usable"));
  const offset = element("span", { class: "offset" }, scene.offset);
  offset.style.background = scene.color;
  offset.style.color = scene.ink;
  const words = [used, unusable].filter(Boolean).map((mark) => mark.textContent.slice(2));
  return element(
    "div",
    {
      id: `scene-strip-${place}`,
      class: "tile",
      role: "option",
      title: `${scene.scene_id}\n${scene.time}, ${scene.offset}\n${scene.clouds.join("\n")}`,
      "aria-label": [scene.date, scene.offset, ...scene.clouds, ...words].join(", "),
      "data-scene": scene.scene_id,
    },
    frame,
    element("span", { class: "day" }, element("b", {}, scene.date), used),
    offset,
    ...scene.clouds.map(cloud),
    unusable,
  );
}

/** @type {Strip|undefined} one for the life of the browser tab */
let strip;

/**
 * Shows the strip in a component of Streamlit; called again whenever its data change.
 * @param {object} component
 * @param {{api: string, key: string, signature: string, mask_id: string, viewed: string,
 *   heard: number, caption: string, days: {color: string, text: string}[],
 *   scenes: object[]}} component.data `heard` is the time of the last that the page was told
 * @param {HTMLElement|ShadowRoot} component.parentElement
 * @param {(name: string, value: any) => void} component.setStateValue for `viewed`: the last counts
 * @param {(name: string, value: any) => void} component.setTriggerValue for `used`
 */
export default async function mount(component) {
  const { parentElement } = component;
  // The light table shares the connection, and holds pairs of the workspace before.
  if (isOfAnother(component.data)) {
    window.location.reload();
    return;
  }
  strip ??= new Strip();
  if (strip.root.parentNode !== parentElement) {
    const sheet = await fetch(new URL("strip.css", import.meta.url));
    parentElement.append(element("style", {}, await sheet.text()), strip.root);
  }
  strip.receive(component);
}
