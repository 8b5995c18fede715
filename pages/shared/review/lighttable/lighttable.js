// The light table: pairs one after the other, decided by keys. This module puts the parts together
// and holds what outlives a re-draw of the page: which pair is shown, what is loaded, what is sent.

import { connect, isOfAnother, postJson } from "./api.js";
import { Bar } from "./panels/bar.js";
import { switchesOf } from "./panels/controls.js";
import { Decisions } from "./pairs/deciding.js";
import { element } from "./dom.js";
import { Drawer } from "./panels/drawer.js";
import { Help } from "./panels/help.js";
import { Leases } from "./pairs/leases.js";
import { listen } from "./keys.js";
import { Pairs } from "./pairs/pairs.js";
import { Queue } from "./pairs/queue.js";
import { Readout } from "./panels/readout.js";
import { Repair } from "./repair/repair.js";
import { change, following, settings, toggled } from "./settings.js";
import { Stage } from "./draw/stage.js";
import { Strip } from "./panels/strip.js";
import { t } from "./language.js";

const REFRESH_AFTER_MS = 20000;
const DRAWER_FITS_PX = 1150;

/** Calls back when what was drawn up to now is on the screen: a task right after the next frame. */
function afterPaint(then) {
  requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = then;
    channel.port2.postMessage(null);
  });
}

export class LightTable {
  constructor() {
    this.pairs = new Pairs();
    this.queue = new Queue([], {});
    this.pairId = null;
    this.item = null;
    this.state = "loading";
    this.paintedAt = Infinity;
    this.#build();
    this.leases = new Leases(this);
    this.decisions = new Decisions(this);
    listen(this);
  }

  #build() {
    this.readout = new Readout();
    this.stage = new Stage({
      moved: (at) => this.readout.show(at),
      looked: () => this.strip?.showView(this.stage, this.item),
    });
    this.strip = new Strip(this);
    this.bar = new Bar(this);
    this.drawer = new Drawer(this, this.readout);
    this.help = new Help();
    this.repair = new Repair(this);
    this.root = element(
      "div",
      { class: "lighttable", "data-testid": "pair-viewer", "data-state": "loading" },
      this.strip.node,
      this.strip.tools,
      element(
        "div",
        { class: "main" },
        element(
          "div",
          { class: "pictures" },
          this.strip.titleRow,
          this.stage.node,
          this.readout.line,
        ),
        this.drawer.node,
      ),
      this.bar.node,
      this.help.node,
    );
  }

  /** Whether the light table is on the page that is open. */
  get isShown() {
    return this.root.isConnected;
  }

  // what the page gives

  /**
   * @param {object} data see `mount`
   * @param {(name: string, value: any) => void} trigger tells the page something
   * @param {boolean} arrived whether one comes from another page, or from the gallery
   */
  async receive(data, trigger, arrived) {
    this.trigger = trigger;
    connect(data, () => trigger("counts", Date.now()));
    const asked = JSON.stringify([data.filter, data.order, data.reviewer]);
    // The page's own choice holds once: later it may be older than what is shown here.
    const opened = this.data && data.opening !== this.data.opening ? data.start : null;
    const addressed = arrived ? new URLSearchParams(location.search).get("pair") : null;
    this.data = data;
    if (this.pairs.setReviewer(data.reviewer)) this.decisions.forget();
    this.decisions.resume();
    this.repair.making.resume();
    if (arrived || asked !== this.asked) await this.#readQueue(asked, opened ?? addressed);
    else if (opened) await this.go(opened);
  }

  /** Reads the queue, and shows the pair that is wanted, or where one left off. */
  async #readQueue(asked, wanted) {
    const { filter, order, reviewer } = this.data;
    this.asked = asked;
    try {
      const { pairs, newest } = await postJson("/queue", { filter, order, reviewer });
      if (asked !== this.asked) return;
      this.queue = new Queue(pairs, filter, newest);
    } catch (error) {
      this.asked = null;
      this.#problem(t("The queue could not be read: {error}", { error: error.message }));
      return;
    }
    const start = this.pairId ?? this.data.start;
    await this.go(wanted ?? this.#inQueue(start) ?? (await this.#firstOpen()));
  }

  #inQueue(pairId) {
    return this.queue.placeOf(pairId) === undefined ? null : pairId;
  }

  async #firstOpen() {
    const open = await this.leases.take(() => this.queue.open(null, 2));
    return open ?? this.queue.neighbour(null, 0);
  }

  // which pair is shown

  /** Shows a pair. @param {string|null} pairId */
  async go(pairId) {
    if (!pairId) {
      this.#problem(this.queue.openWith() ?? this.queue.whyEmpty);
      return;
    }
    if (pairId !== this.pairId) {
      this.bar.clear();
      this.repair.close();
    }
    this.pairId = pairId;
    const asked = this.pairs.load(pairId);
    const ready = this.pairs.ready.get(pairId);
    if (!ready) this.#showWaiting();
    const loaded = ready ?? (await asked);
    if (this.pairId === pairId) this.#show(pairId, loaded);
  }

  #setState(state) {
    this.state = state;
    this.root.dataset.state = state;
    this.root.dataset.pairId = this.pairId ?? "";
  }

  #showWaiting() {
    this.#setState("loading");
    this.paintedAt = Infinity;
    this.#drawPack(null, t("Loading …"));
    this.item = null;
    this.#showWords();
  }

  #show(pairId, { item, pack, problem }) {
    this.#setState("loading");
    this.paintedAt = Infinity;
    this.item = item;
    this.#openDrawerWhereItFits();
    this.#drawPack(pack, problem && t("{problem} The next pair is at →.", { problem }));
    this.#showWords();
    afterPaint(() => {
      if (this.pairId !== pairId) return;
      this.paintedAt = performance.now();
      this.#setState(problem ? "problem" : "ready");
      this.#afterShown(pairId, item);
    });
  }

  /** The pictures, or a sentence in their place. */
  #drawPack(pack, sentence) {
    this.readout.setPack(pack);
    this.stage.show(pack);
    this.stage.write(sentence);
  }

  /** What can wait until the picture is on the screen. */
  #afterShown(pairId, item) {
    this.drawer.show(this.stage.pack, this.item);
    this.#keepAddress(pairId);
    this.leases.prepareNext();
    if (!item) return;
    item.readAt ??= performance.now();
    if (performance.now() - item.readAt > REFRESH_AFTER_MS) this.refresh(pairId);
  }

  /** Reads anew what may have changed of a pair. @param {string} pairId */
  async refresh(pairId) {
    const item = await this.pairs.refresh(pairId);
    if (!item || this.pairId !== pairId) return;
    item.readAt = performance.now();
    this.item = item;
    this.showItem();
  }

  /** Paints a pair whose pixels are other ones now. @param {() => void} [before] the paint */
  async renew(pairId, before) {
    const loaded = await this.pairs.renew(pairId);
    if (this.pairId !== pairId) return;
    before?.();
    this.#show(pairId, loaded);
  }

  /** What is known of the pair, in words. */
  showItem() {
    this.#showWords();
    this.drawer.show(this.stage.pack, this.item);
  }

  #showWords() {
    this.decisions.learn(this.item?.last);
    this.strip.show(this.item, this.queue.nameOf(this.pairId), this.#placeText());
    this.showLease();
    this.strip.showView(this.stage, this.item);
    this.bar.propose(this.item?.proposal ?? null);
    this.bar.settle(this.isSettling);
    this.bar.offerUndo(this.decisions.last);
  }

  /** Whether a decision settles the conflict about this pair: who looks for conflicts does. */
  get isSettling() {
    return this.queue.settles && this.item?.decision === "conflict";
  }

  /** With whom else the pair is open. */
  showLease() {
    this.strip.showLease(this.queue.others.get(this.pairId), this.data?.reviewer);
  }

  #placeText() {
    if (!this.pairId) return "";
    const place = this.queue.placeOf(this.pairId);
    const length = this.queue.length.toLocaleString("en");
    return place === undefined
      ? t("not among the {length} filtered", { length })
      : t("{count} of {total}", { count: (place + 1).toLocaleString("en"), total: length });
  }

  #problem(sentence) {
    this.repair.close();
    this.pairId = null;
    this.item = null;
    this.#drawPack(null, sentence);
    this.showItem();
    this.#setState("problem");
  }

  #keepAddress(pairId) {
    const address = new URL(location.href);
    if (address.searchParams.get("pair") === pairId) return;
    address.searchParams.set("pair", pairId);
    history.replaceState(history.state, "", address);
  }

  #openDrawerWhereItFits() {
    settings.drawer ??= this.root.clientWidth >= DRAWER_FITS_PX;
  }

  /** One pair on or back. @param {1|-1} step */
  async step(step) {
    const ahead = () => [this.queue.neighbour(this.pairId, step)];
    const pairId = step > 0 ? await this.leases.take(ahead) : ahead()[0];
    if (pairId) this.go(pairId);
    else this.bar.tell(step > 0 ? t("This is the last pair.") : t("This is the first pair."));
  }

  /** Does what a key or a button stands for. @param {import("./actions.js").Action} action */
  perform(action, key) {
    if (!this.repair.holdsBack(action)) action.run(this, key);
    this.decisions.touched();
  }

  // looking

  /** Changes how pairs are shown. @param {object} changes of the settings */
  look(changes) {
    change(changes);
    this.root.classList.toggle("full", settings.full);
    this.stage.draw();
    this.drawer.show(this.stage.pack, this.item);
  }

  hold(what, down) {
    if (this.stage.held[what] === down) return;
    this.stage.held[what] = down;
    this.stage.draw();
  }

  zoom(direction) {
    this.stage.viewport.zoom(direction, this.stage.cursor?.panel);
    this.stage.draw();
  }

  fit() {
    this.stage.viewport.fit();
    this.stage.draw();
  }

  pan(by) {
    this.stage.viewport.pan(by.map((length) => length * this.stage.ratio));
    this.stage.draw();
  }

  stepBand(step) {
    const bands = this.stage.pack?.header.bands ?? [settings.band];
    const band =
      settings.composite === "band" ? following(bands, settings.band, step) : settings.band;
    this.look({ composite: "band", share: null, band });
  }

  stepShares() {
    const values = this.stage.pack?.header.classes.map(({ value }) => value) ?? [];
    this.look({ share: following([null, ...values], settings.share) });
  }

  toggleLayer(place) {
    const layer = this.stage.pack && switchesOf(this.stage.pack)[place];
    if (layer) this.look({ layers: true, layersOff: toggled(settings.layersOff, layer.id) });
  }
}

/** @type {LightTable|undefined} one for the life of the browser tab */
let table;

async function style(place) {
  const sheet = await fetch(new URL("lighttable.css", import.meta.url));
  place.append(element("style", {}, await sheet.text()));
}

/**
 * Shows the light table in a component of Streamlit; called again whenever its data change.
 * @param {object} component
 * @param {{api: string, key: string, workspace: string, reviewer: string, filter: object,
 *   order: string, start: string|null, opening: number}} component.data
 * @param {HTMLElement|ShadowRoot} component.parentElement
 * @param {(name: string, value: any) => void} component.setTriggerValue
 */
export default async function mount({ data, parentElement, setTriggerValue }) {
  if (isOfAnother(data)) {
    window.location.reload();
    return;
  }
  // What is made at first asks the browser for what it keeps of this workspace.
  if (!table) connect(data, () => {});
  table ??= new LightTable();
  const arrived = table.root.parentNode !== parentElement;
  if (arrived) {
    await style(parentElement);
    parentElement.append(table.root);
    table.root.classList.toggle("full", settings.full);
  }
  await table.receive(data, setTriggerValue, arrived);
}
