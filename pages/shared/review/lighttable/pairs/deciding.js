// Deciding about the pair that is shown: what counts, what is sent, and where it leads.

import { Outbox } from "./outbox.js";
import { t } from "../language.js";

// A decision so soon after a picture came up was meant for the one before.
const LOOK_MS = 300;
const COUNTS_AFTER_MS = 3000;

export class Decisions {
  /** @param {import("../lighttable.js").LightTable} table */
  constructor(table) {
    this.table = table;
    this.outbox = new Outbox("/decisions", "review-outbox", () =>
      table.strip.showUnsaved(this.outbox.waiting.size, this.outbox.trouble),
    );
    /** @type {object|null|undefined} what undo takes back; null nothing, undefined not known yet */
    this.last = undefined;
    this.sending = new Set();
    this.uncounted = false;
  }

  /** Sends what an earlier page could not. */
  resume() {
    // Of somebody who isn't logged in any more they wait until they are.
    const { reviewer, signature } = this.table.data;
    for (const answer of this.outbox.resume(signature ? reviewer : null)) {
      answer.then((found) => this.#arrivedLate(found)).catch((error) => this.#refused(error));
    }
  }

  #arrivedLate(answer) {
    this.#note(answer);
    if (this.table.pairId === answer.pair_id) this.table.showItem();
  }

  /** Another reviewer: their last decision is another one. */
  forget() {
    this.last = undefined;
  }

  /** The first pair read tells the reviewer's last decision; then the answers do. */
  learn(last) {
    if (this.last === undefined) this.last = last;
  }

  /** @param {"accept"|"reject"|"unsure"} verdict */
  decide(verdict) {
    const { bar } = this.table;
    this.#decide(verdict, bar.reasons, bar.note.value.trim());
  }

  /** Makes what was decided on an earlier pair the decision on this one. */
  confirm() {
    const proposal = this.table.item?.proposal;
    if (proposal?.verdict) this.#decide(proposal.verdict, [], proposal.reason ?? "");
    else this.table.bar.tell(t("Nothing is proposed for this pair."));
  }

  async #decide(verdict, reasons, note) {
    const { table } = this;
    const { pairId } = table;
    const why = this.#whyNot(pairId);
    if (why) return table.bar.tell(why, "bad");
    const settles = table.isSettling;
    const answer = await this.#send({ pair_id: pairId, verdict, reasons, note, settles });
    if (!answer || table.pairId !== pairId) return;
    const next = await table.leases.take(() => table.queue.open(pairId, 2));
    if (table.pairId !== pairId) return;
    table.bar.tell(`${table.item?.mask_name ?? pairId}: ${t(answer.mine ?? verdict)}`);
    if (next) await table.go(next);
    else this.#allDecided(answer);
  }

  #whyNot(pairId) {
    const { state, paintedAt } = this.table;
    if (!pairId) return t("There is no pair to decide about.");
    if (this.sending.has(pairId)) return t("The decision on this pair is being saved.");
    if (state === "loading") return t("Not counted: the picture isn't there yet.");
    if (performance.now() - paintedAt < LOOK_MS) {
      return t("Not counted: sooner than 0.3 s after the picture came.");
    }
    return null;
  }

  async #send(decision) {
    const { table } = this;
    const { pair_id: pairId } = decision;
    this.sending.add(pairId);
    table.root.classList.add("saving");
    try {
      const answer = await this.outbox.send({ ...decision, reviewer: table.data.reviewer });
      this.#note(answer);
      return answer;
    } catch (error) {
      this.#refused(error);
      return null;
    } finally {
      this.sending.delete(pairId);
      table.root.classList.toggle("saving", this.sending.size > 0);
    }
  }

  #refused(error) {
    this.table.bar.tell(t("Not saved: {error}", { error: error.message }), "bad");
  }

  /** Takes over what the server says of a pair after a decision. */
  #note({ pair_id: pairId, decision, mine, conflict, log, last }) {
    const { queue, pairs } = this.table;
    queue.note(pairId, decision, mine);
    if (last !== undefined) this.last = last;
    const item = pairs.ready.get(pairId)?.item;
    if (item) Object.assign(item, { decision, conflict, log, proposal: mine ? null : item.proposal });
    this.uncounted = true;
    this.touched();
  }

  /** Takes the reviewer's last decision back, and shows its pair. */
  async undo() {
    const { bar, pairs } = this.table;
    // They may have decided elsewhere meanwhile, in another tab or at a terminal.
    const { last } = (await pairs.refresh(this.table.pairId)) ?? {};
    if (last !== undefined) this.last = last;
    if (!this.last) return bar.tell(t("You have decided nothing that could be undone."));
    const { pair_id: pairId, verdict, mask_name: name } = this.last;
    if (this.sending.has(pairId)) return;
    const answer = await this.#send({ pair_id: pairId, verdict: "undo", reasons: [], note: "" });
    if (!answer) return;
    bar.tell(t("Took back: {verdict} of {name}", { verdict: t(verdict), name }));
    await this.table.go(pairId);
    // What was proposed before the decision is proposed again.
    await this.table.refresh(pairId);
  }

  #allDecided(answer) {
    const { table } = this;
    table.item = { ...table.item, decision: answer.decision, log: answer.log };
    table.showItem();
    table.bar.tell(
      table.queue.openWith() ??
        t("All pairs of this queue are decided. Change the filter to look at others, or export."),
    );
  }

  /** The counts beside the page follow when the keys rest. */
  touched() {
    clearTimeout(this.countsTimer);
    if (!this.uncounted) return;
    this.countsTimer = setTimeout(() => {
      this.uncounted = false;
      this.table.trigger?.("counts", Date.now());
    }, COUNTS_AFTER_MS);
  }
}
