// The light table: pairs one after the other, decided by keys. This module puts the parts together
// and holds what outlives a re-draw of the page: which pair is shown, what is loaded, what is sent.

import { connect, postJson } from "./api.js";
import { Bar } from "./bar.js";
import { composed } from "./compose.js";
import { switchesOf } from "./controls.js";
import { element } from "./dom.js";
import { Drawer } from "./drawer.js";
import { Help } from "./help.js";
import { listen } from "./keys.js";
import { Outbox } from "./outbox.js";
import { Pairs } from "./pairs.js";
import { Queue } from "./queue.js";
import { Readout } from "./readout.js";
import { change, following, settings, toggled } from "./settings.js";
import { Stage } from "./stage.js";
import { Strip } from "./strip.js";

const AHEAD = 6;
// A decision so soon after a picture came up was meant for the one before.
const LOOK_MS = 300;
const COUNTS_AFTER_MS = 3000;
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
    this.outbox = new Outbox(() => this.strip.showUnsaved(this.outbox.waiting.size, this.outbox.trouble));
    this.queue = new Queue([], {});
    this.pairId = null;
    this.item = null;
    this.last = undefined; // the reviewer's decision that undo takes back; null when there is none
    this.state = "loading";
    this.paintedAt = Infinity;
    this.sending = new Set();
    this.#build();
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
    this.root = element("div", { class: "lighttable", "data-testid": "pair-viewer", "data-state": "loading" },
      this.strip.node, this.strip.tools,
      element("main", {},
        element("div", { class: "pictures" }, this.strip.titleRow, this.stage.node, this.readout.line),
        this.drawer.node),
      this.bar.node, this.help.node); // prettier-ignore
  }

  /** Whether the light table is on the page that is open. */
  get isShown() {
    return this.root.isConnected;
  }

  // what the page gives

  /**
   * @param {object} data see `mount`
   * @param {(name: string, value: any) => void} trigger tells the page something
   */
  async receive(data, trigger) {
    this.trigger = trigger;
    connect(data);
    const asked = JSON.stringify([data.filter, data.order, data.reviewer]);
    const opened = this.data && data.opening !== this.data.opening ? data.start : null;
    this.data = data;
    this.pairs.setReviewer(data.reviewer);
    this.#resume();
    if (asked !== this.asked) await this.#readQueue(asked);
    if (opened) await this.go(opened);
  }

  async #readQueue(asked) {
    const { filter, order, reviewer } = this.data;
    this.asked = asked;
    this.last = undefined;
    try {
      const { pairs } = await postJson("/queue", { filter, order, reviewer });
      if (asked !== this.asked) return;
      this.queue = new Queue(pairs, filter);
    } catch (error) {
      this.asked = null;
      this.#problem(`The queue could not be read: ${error.message}`);
      return;
    }
    const addressed = new URLSearchParams(location.search).get("pair") ?? this.data.start;
    await this.go(this.#inQueue(this.pairId) ?? addressed ?? this.#firstOpen());
  }

  #inQueue(pairId) {
    return this.queue.placeOf(pairId) === undefined ? null : pairId;
  }

  #firstOpen() {
    return this.queue.open(null, 1)[0] ?? this.queue.neighbour(null, 0);
  }

  #resume() {
    for (const answer of this.outbox.resume()) {
      answer.then((found) => this.#note(found)).catch((error) => this.bar.tell(error.message, "bad"));
    }
  }

  // which pair is shown

  /** Shows a pair. @param {string|null} pairId */
  async go(pairId) {
    if (!pairId) {
      this.#problem(this.queue.length ? "" : "No pair fits the filters. Change or clear them above the light table.");
      return;
    }
    if (pairId !== this.pairId) this.bar.clear();
    this.pairId = pairId;
    const asked = this.pairs.load(pairId);
    const ready = this.pairs.ready.get(pairId);
    if (!ready) this.#showWaiting(pairId);
    const loaded = ready ?? (await asked);
    if (this.pairId === pairId) this.#show(pairId, loaded);
  }

  #setState(state) {
    this.state = state;
    this.root.dataset.state = state;
    this.root.dataset.pairId = this.pairId ?? "";
  }

  #showWaiting(pairId) {
    this.#setState("loading");
    this.paintedAt = Infinity;
    this.item = null;
    this.stage.show(null);
    this.stage.write("Loading …");
    this.strip.show(null, this.queue.nameOf(pairId), this.#placeText());
  }

  #show(pairId, { item, pack, problem }) {
    this.#setState("loading");
    this.paintedAt = Infinity;
    this.item = item;
    this.#openDrawerWhereItFits();
    this.readout.setPack(pack);
    this.stage.show(pack);
    this.stage.write(problem ?? "");
    this.#showItem();
    this.#keepAddress(pairId);
    afterPaint(() => {
      if (this.pairId !== pairId) return;
      this.paintedAt = performance.now();
      this.#setState(problem ? "problem" : "ready");
      this.#afterShown(pairId, item);
    });
  }

  /** What can wait until the picture is on the screen. */
  #afterShown(pairId, item) {
    const next = [...this.queue.open(pairId, AHEAD), this.queue.neighbour(pairId, 1)].filter(Boolean);
    this.pairs.loadAhead([...new Set(next)], ({ pack }) => composed(pack, settings));
    if (!item) return;
    item.readAt ??= performance.now();
    if (performance.now() - item.readAt > REFRESH_AFTER_MS) this.#refresh(pairId);
  }

  async #refresh(pairId) {
    const item = await this.pairs.refresh(pairId);
    if (!item || this.pairId !== pairId) return;
    item.readAt = performance.now();
    this.item = item;
    this.#showItem();
  }

  #showItem() {
    if (this.last === undefined && this.item) this.last = this.item.last ?? null;
    this.strip.show(this.item, this.queue.nameOf(this.pairId), this.#placeText());
    this.strip.showView(this.stage, this.item);
    this.bar.propose(this.item?.proposal ?? null);
    this.bar.offerUndo(this.last);
    this.drawer.show(this.stage.pack, this.item);
  }

  #placeText() {
    const place = this.queue.placeOf(this.pairId);
    const length = this.queue.length.toLocaleString("en");
    return place === undefined ? `not among the ${length} filtered` : `${(place + 1).toLocaleString("en")} of ${length}`;
  }

  #problem(sentence) {
    this.pairId = null;
    this.item = null;
    this.stage.show(null);
    this.stage.write(sentence);
    this.#showItem();
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
  step(step) {
    const pairId = this.queue.neighbour(this.pairId, step);
    if (pairId) this.go(pairId);
    else this.bar.tell(step > 0 ? "This is the last pair." : "This is the first pair.");
  }

  // deciding

  /** @param {"accept"|"reject"|"unsure"} verdict */
  decide(verdict) {
    this.#decide(verdict, this.bar.reasons, this.bar.note.value.trim());
  }

  /** Makes what was decided on an earlier pair the decision on this one. */
  confirm() {
    const proposal = this.item?.proposal;
    if (proposal?.verdict) this.#decide(proposal.verdict, [], proposal.reason ?? "");
    else this.bar.tell("Nothing is proposed for this pair.");
  }

  async #decide(verdict, reasons, note) {
    const pairId = this.pairId;
    const why = this.#whyNot(pairId);
    if (why) return this.bar.tell(why, "bad");
    const answer = await this.#send({ pair_id: pairId, verdict, reasons, note });
    if (!answer) return;
    if (this.pairId !== pairId) return;
    const [next] = this.queue.open(pairId, 1);
    this.bar.tell(`${this.item?.mask_name ?? pairId}: ${answer.mine ?? verdict}.`);
    if (next) await this.go(next);
    else this.#allDecided(answer);
  }

  #whyNot(pairId) {
    if (!pairId) return "There is no pair to decide about.";
    if (this.sending.has(pairId)) return "The decision on this pair is being saved.";
    if (this.state === "loading") return "Not counted: the picture isn't there yet.";
    if (performance.now() - this.paintedAt < LOOK_MS) return "Not counted: sooner than 0.3 s after the picture came.";
    return null;
  }

  async #send(decision) {
    const { pair_id: pairId } = decision;
    this.sending.add(pairId);
    this.root.classList.add("saving");
    try {
      const answer = await this.outbox.send({ ...decision, reviewer: this.data.reviewer });
      this.#note(answer);
      return answer;
    } catch (error) {
      this.bar.tell(`Not saved: ${error.message}`, "bad");
      return null;
    } finally {
      this.sending.delete(pairId);
      this.root.classList.toggle("saving", this.sending.size > 0);
    }
  }

  /** Takes over what the server says of a pair after a decision. */
  #note(answer) {
    const { pair_id: pairId, decision, mine, log, last } = answer;
    this.queue.note(pairId, decision, mine);
    if (last !== undefined) this.last = last;
    const item = this.pairs.ready.get(pairId)?.item;
    if (item) Object.assign(item, { decision, log, proposal: mine ? null : item.proposal });
    this.uncounted = true;
    this.touched();
  }

  /** Takes the reviewer's last decision back, and shows its pair. */
  async undo() {
    if (!this.last) return this.bar.tell("You have decided nothing that could be undone.");
    const { pair_id: pairId, verdict, mask_name: name } = this.last;
    if (this.sending.has(pairId)) return;
    const answer = await this.#send({ pair_id: pairId, verdict: "undo", reasons: [], note: "" });
    if (!answer) return;
    this.pairs.forget(pairId); // what was proposed may be proposed again
    this.bar.tell(`Took back: ${verdict} of ${name}.`);
    await this.go(pairId);
  }

  #allDecided(answer) {
    this.item = { ...this.item, decision: answer.decision, log: answer.log };
    this.#showItem();
    this.bar.tell("All pairs of this queue are decided. Change the filter to look at others, or export.");
  }

  /** The counts beside the page follow when the keys rest. */
  touched() {
    clearTimeout(this.countsTimer);
    if (!this.uncounted) return;
    this.countsTimer = setTimeout(() => {
      this.uncounted = false;
      this.trigger?.("counts", Date.now());
    }, COUNTS_AFTER_MS);
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
    const band = settings.composite === "band" ? following(bands, settings.band, step) : settings.band;
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
 * @param {{api: string, key: string, reviewer: string, filter: object, order: string,
 *   start: string|null, opening: number}} component.data
 * @param {HTMLElement|ShadowRoot} component.parentElement
 * @param {(name: string, value: any) => void} component.setTriggerValue
 */
export default async function mount({ data, parentElement, setTriggerValue }) {
  table ??= new LightTable();
  if (table.root.parentNode !== parentElement) {
    await style(parentElement);
    parentElement.append(table.root);
    table.root.classList.toggle("full", settings.full);
  }
  await table.receive(data, setTriggerValue);
}
