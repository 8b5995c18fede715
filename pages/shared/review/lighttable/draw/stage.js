// The pictures: panels on one canvas that look at the same place, and the cursor on another.

import { composed } from "./compose.js";
import { element, say } from "../dom.js";
import { drawCursor, drawDivider, drawNorth, drawScaleBar, drawShift } from "./furniture.js";
import { drawLabel, prepareLabel } from "./labels.js";
import { drawLayers, prepareLayers } from "./layers.js";
import { settings } from "../settings.js";
import { Viewport } from "./viewport.js";
import { t } from "../language.js";

// Tells also of another screen, where only the pixels of the device are others.
const BOX =
  "devicePixelContentBoxSize" in ResizeObserverEntry.prototype
    ? "device-pixel-content-box"
    : "content-box";
const GAP = 4;
const GRAB = 8;
const OVER = ".film"; // lies over the pictures, and has the mouse to itself
const OTHER = { scene: "source", source: "scene" };
// Composites in which near infrared is seen have their like in the source image.
const WITH_NIR = ["false", "swir", "agriculture", "ndvi", "ndwi"];

/** What of a pair the source panel shows. @returns {ImageBitmap|null} */
export function sourcePicture(pack) {
  return WITH_NIR.includes(settings.composite) && pack.sourceNir ? pack.sourceNir : pack.source;
}

const isOn = (id) => settings.layers && !settings.layersOff.includes(id);

/** Does what drawing a pair needs and takes time, before it is to be shown. */
export function prepare(pack) {
  composed(pack, settings);
  prepareLabel(pack, settings);
  prepareLayers(pack, isOn);
}

const scratch = document.createElement("canvas");

/**
 * Draws a picture so that its pixels are squares with sharp edges. At one and a half, two and a
 * half … device pixels each it is first drawn twice as large, and then smoothed to its half: a
 * pixel's edge is then either sharp or a half tone, alike everywhere. A picture that gets smaller is
 * smoothed, or it would flicker.
 */
function drawSharp(pen, picture, [left, top], [width, height]) {
  const scale = width / picture.width;
  let drawn = picture;
  if (scale > 1 && !Number.isInteger(scale) && Number.isInteger(2 * scale)) {
    [scratch.width, scratch.height] = [2 * width, 2 * height];
    const large = scratch.getContext("2d");
    large.imageSmoothingEnabled = false;
    large.drawImage(picture, 0, 0, 2 * width, 2 * height);
    drawn = scratch;
  }
  pen.imageSmoothingEnabled = drawn.width > width;
  pen.drawImage(drawn, left, top, width, height);
}

export class Stage {
  /** @param {{moved: (at: [number, number]|null) => void, looked: () => void}} told */
  constructor(told) {
    this.told = told;
    this.viewport = new Viewport();
    /** @type {import("./pack.js").Pack|null} */
    this.pack = null;
    this.held = { blink: false, label: false };
    /** What the mouse draws with, in place of moving the pictures. */
    this.tool = null;
    /** By how many pixels the label is shown beside where it is, to try that. */
    this.moved = [0, 0];
    /** The panel that something is being drawn in. */
    this.drawn = null;
    this.cursor = null;
    this.canvas = element("canvas", { role: "img", "aria-label": t("Sentinel-2 and source image") });
    this.glass = element("canvas", { class: "glass", "aria-hidden": "true" });
    this.message = element("div", { class: "message", role: "status", hidden: true });
    this.node = element("div", { class: "stage" }, this.canvas, this.glass, this.message);
    this.#listen();
  }

  /** @param {import("./pack.js").Pack|null} pack */
  show(pack) {
    this.pack = pack;
    this.draw();
  }

  /** A sentence in place of the pictures; none hides it. @param {string|null} text */
  write(text) {
    say(this.message, text ?? "");
    this.message.hidden = !text;
  }

  /** Which pictures the panels show, from left to right. @returns {string[]} */
  get shown() {
    const { mode, single } = settings;
    if (mode !== "single") return this.held.blink ? ["source", "scene"] : ["scene", "source"];
    return [this.held.blink ? OTHER[single] : single];
  }

  /** The panels in device pixels. @returns {{x: number, width: number, what: string}[]} */
  get panels() {
    const { width } = this.canvas;
    if (settings.mode !== "side") return [{ x: 0, width, what: this.shown[0] }];
    const half = Math.floor((width - GAP * this.ratio) / 2);
    return this.shown.map((what, place) => ({ x: place * (width - half), width: half, what }));
  }

  get ratio() {
    return window.devicePixelRatio || 1;
  }

  /** Draws all; called after anything changed that is seen. */
  draw() {
    const pen = this.canvas.getContext("2d");
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    if (this.pack) {
      const [{ width }] = this.panels;
      this.viewport.resize([this.pack.width, this.pack.height], [width, this.canvas.height]);
      for (const panel of this.panels) this.#drawPanel(pen, panel);
      Object.assign(settings.ranges, composed(this.pack, settings).ranges);
    }
    this.drawGlass();
    this.told.looked();
  }

  #drawPanel(pen, { x, width, what }) {
    const size = [width, this.canvas.height];
    pen.save();
    pen.translate(x, 0);
    this.#clip(pen, 0, width);
    this.#drawPicture(pen, what);
    if (settings.mode === "swipe") {
      pen.save();
      this.#clip(pen, this.divider, width - this.divider);
      pen.clearRect(0, 0, ...size);
      this.#drawPicture(pen, OTHER[what]);
      pen.restore();
      drawDivider(pen, this.divider, size[1], this.ratio);
    }
    const metres = Math.abs(this.pack.header.transform[0]) / this.viewport.scale;
    drawScaleBar(pen, size, metres, this.ratio);
    drawNorth(pen, size, this.ratio);
    const { shift } = this.pack.header;
    if (shift && isOn("shift") && what === "scene") {
      drawShift(pen, shift, this.ratio);
    }
    pen.restore();
  }

  #clip(pen, x, width) {
    pen.beginPath();
    pen.rect(x, 0, width, this.canvas.height);
    pen.clip();
  }

  #drawPicture(pen, what) {
    const { pack, viewport, ratio } = this;
    const picture = (what === "source" && sourcePicture(pack)) || composed(pack, settings).canvas;
    const bare = what === "source" && !pack.source;
    const moves = this.moved.some((by) => by !== 0);
    // The source image lies with the label, wherever that is moved.
    const by = moves && what === "source" && !bare ? this.moved : [0, 0];
    const place = viewport.origin.map((at, axis) => Math.round(at + by[axis] * viewport.scale));
    const size = [pack.width * viewport.scale, pack.height * viewport.scale];
    drawSharp(pen, picture, place, size);
    if (bare) return;
    const toPanel = this.#toPanel;
    drawLayers(pen, pack, { what, toPanel, ratio, isOn });
    if (this.held.label) return;
    if (this.tool?.drawLabel) return this.tool.drawLabel(pen, { toPanel, ratio });
    if (settings.label === "none" && !moves) return;
    const how = moves ? { ...settings, label: "outline", edge: "mask" } : settings;
    drawLabel(pen, pack, { what, toPanel: toPanel.translate(...this.moved), ratio, settings: how });
  }

  /** From pixels of the pair to device pixels of a panel. */
  get #toPanel() {
    const { scale, origin } = this.viewport;
    return new DOMMatrix([scale, 0, 0, scale, ...origin]);
  }

  /** The cursor, and what is being drawn: cheap enough for each movement of the mouse. */
  drawGlass() {
    const pen = this.glass.getContext("2d");
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, this.glass.width, this.glass.height);
    if (!this.pack) return;
    for (const { x, width } of this.panels) {
      pen.save();
      pen.translate(x, 0);
      pen.beginPath();
      pen.rect(0, 0, width, this.glass.height);
      pen.clip();
      this.tool?.draw(pen, { toPanel: this.#toPanel, ratio: this.ratio });
      if (this.cursor) this.#drawCursor(pen, [width, this.glass.height]);
      pen.restore();
    }
  }

  #drawCursor(pen, size) {
    const { scale, origin } = this.viewport;
    const pixel = this.cursor.pair.map((at, axis) => Math.floor(at) * scale + origin[axis]);
    const box = { x: pixel[0], y: pixel[1], side: Math.max(scale, 3) };
    drawCursor(pen, size, this.cursor.panel, box, this.ratio);
  }

  get divider() {
    return Math.round(settings.swipe * this.canvas.width);
  }

  // the mouse

  #listen() {
    new ResizeObserver(() => this.#fitCanvas()).observe(this.node, { box: BOX });
    this.node.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    this.node.addEventListener("pointerdown", (event) => this.#grab(event));
    this.node.addEventListener("pointermove", (event) => this.#move(event));
    this.node.addEventListener("pointerup", () => this.#letGo());
    this.node.addEventListener("dblclick", () => this.tool?.doubleClick());
    this.node.addEventListener("pointercancel", () => this.#letGo());
    this.node.addEventListener("pointerleave", () => this.#leave());
  }

  /** As many pixels as the device has from edge to edge, also where an edge is between two. */
  #fitCanvas() {
    const { left, top, right, bottom } = this.node.getBoundingClientRect();
    const length = (from, to) => Math.round(to * this.ratio) - Math.round(from * this.ratio);
    const [width, height] = [length(left, right), length(top, bottom)];
    for (const canvas of [this.canvas, this.glass]) Object.assign(canvas, { width, height });
    this.draw();
  }

  /** A place of the mouse in its panel, in device pixels; what is drawn keeps its panel. */
  #placeOf(event) {
    const [x, y] = this.#onStage(event);
    return [x - (this.drawn ?? this.#panelAt(event)).x, y];
  }

  #panelAt(event) {
    const [x] = this.#onStage(event);
    return this.panels.findLast((panel) => x >= panel.x) ?? this.panels[0];
  }

  #onStage(event) {
    const box = this.node.getBoundingClientRect();
    return [(event.clientX - box.left) * this.ratio, (event.clientY - box.top) * this.ratio];
  }

  /** The length of a CSS pixel on the pair. */
  get #css() {
    return this.ratio / this.viewport.scale;
  }

  #wheel(event) {
    if (event.target.closest(OVER)) return;
    event.preventDefault();
    if (!this.pack || event.deltaY === 0) return;
    // A wheel's notch is a step at once; a touchpad's many small movements add up to one.
    this.turned = (this.turned ?? 0) + event.deltaY * (event.deltaMode === 1 ? 33 : 1);
    if (Math.abs(this.turned) < 50) return;
    this.viewport.zoom(-this.turned, this.#placeOf(event));
    this.turned = 0;
    this.draw();
  }

  #grab(event) {
    if (event.button !== 0 || !this.pack || event.target.closest(OVER)) return;
    this.node.setPointerCapture(event.pointerId);
    const at = this.#placeOf(event);
    if (this.tool) {
      this.drawn = this.#panelAt(event);
      this.tool.press(this.viewport.toPair(at), this.#css);
      return this.drawGlass();
    }
    const onDivider =
      settings.mode === "swipe" && Math.abs(at[0] - this.divider) < GRAB * this.ratio;
    this.drag = { onDivider, from: [event.clientX, event.clientY] };
    this.node.classList.toggle("dragging", !onDivider);
  }

  #move(event) {
    if (!this.pack) return;
    if (this.drag) this.#dragTo(event);
    const panel = this.#placeOf(event);
    const near = settings.mode === "swipe" && Math.abs(panel[0] - this.divider) < GRAB * this.ratio;
    this.node.classList.toggle("on-divider", near);
    this.cursor = { panel, pair: this.viewport.toPair(panel) };
    this.tool?.move(this.cursor.pair, this.#css, this.drawn !== null);
    this.#soon();
  }

  #dragTo(event) {
    const to = [event.clientX, event.clientY];
    const by = to.map((value, axis) => (value - this.drag.from[axis]) * this.ratio);
    this.drag.from = to;
    if (this.drag.onDivider) {
      settings.swipe = Math.min(Math.max(settings.swipe + by[0] / this.canvas.width, 0.02), 0.98);
    } else this.viewport.pan(by);
    this.dirty = true;
  }

  /** Draws once a frame, however many movements the mouse reports. */
  #soon() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      if (this.dirty) this.draw();
      else this.drawGlass();
      this.dirty = false;
      this.told.moved(this.cursor?.pair ?? null);
    });
  }

  #letGo() {
    this.tool?.release();
    this.drawn = null;
    this.drag = null;
    this.node.classList.remove("dragging");
  }

  #leave() {
    this.cursor = null;
    this.#soon();
  }
}
