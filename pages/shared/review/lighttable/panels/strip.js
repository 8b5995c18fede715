// The upper edge: which pair this is and how it stands, the tools, and what each picture shows.

import { button, group, showPressed } from "./buttons.js";
import { COMPOSITES, composed } from "../draw/compose.js";
import { element, say } from "../dom.js";
import { settings } from "../settings.js";
import { sourcePicture } from "../draw/stage.js";
import { t } from "../language.js";

const SIGNS = { accepted: "✓", rejected: "✕", unsure: "?", conflict: "⚡", undecided: "○" };

export class Strip {
  /** @param {import("../lighttable.js").LightTable} table */
  constructor(table) {
    this.name = element("b", { class: "name" });
    this.place = element("span", { class: "place" });
    this.badge = element("span", { class: "badge" });
    this.lease = element("span", { class: "warning lease", role: "status", hidden: true });
    this.suggestion = element("span", { class: "suggestion" });
    this.warning = element("span", { class: "warning", hidden: true });
    this.unsaved = element("span", { class: "unsaved", role: "status", hidden: true });
    this.node = element(
      "header",
      {},
      this.name,
      this.place,
      this.badge,
      this.lease,
      this.suggestion,
      this.warning,
      this.unsaved,
    );
    this.zoom = element("span", { class: "zoom", title: t("Pixels of the screen for each that is shown") });
    this.tools = element(
      "div",
      { class: "tools", role: "toolbar", "aria-label": t("View") },
      group(t("Pictures"), ["mode side", "mode swipe", "mode single"], table),
      group(
        t("Bands"),
        COMPOSITES.map(({ id }) => `composite ${id}`),
        table,
      ),
      group(t("Label"), ["label outline", "label fill", "label none"], table),
      button("layers", table),
      element(
        "div",
        { class: "group", role: "group", "aria-label": t("Zoom") },
        button("smaller", table),
        this.zoom,
        button("larger", table),
        button("fit", table),
      ),
      group(t("Repair"), ["ignore", "nudge", "relabel", "film"], table),
      element("span", { class: "gap" }),
      button("full", table),
      button("drawer", table),
      button("help", table),
    );
    this.titles = [0, 1].map(() => new Title());
    this.titleRow = element("div", { class: "titles" }, ...this.titles.map(({ node }) => node));
  }

  /** What is known of the pair. @param {object} item @param {string} place */
  show(item, name, place) {
    say(this.name, item?.mask_name ?? name ?? "");
    this.name.title = item ? t("{name}, pair {id}", { name: item.mask_name, id: item.pair_id }) : "";
    say(this.place, place);
    const decision = item?.decision ?? "undecided";
    say(this.badge, item ? `${SIGNS[decision] ?? ""} ${t(decision)}` : "");
    this.badge.dataset.decision = decision;
    this.badge.hidden = !item;
    this.#suggest(item);
    const warnings = [item?.superseded, ...(item?.warnings ?? [])].filter(Boolean);
    this.warning.hidden = warnings.length === 0;
    say(
      this.warning,
      warnings.length > 1
        ? t("⚠ {warning} (and {more} more)", { warning: warnings[0], more: warnings.length - 1 })
        : `⚠ ${warnings[0]}`,
    );
    this.warning.title = warnings.join("\n");
  }

  /**
   * Says with whom else the pair is open.
   * @param {{reviewer: string, since: number}|undefined} lease @param {string} me
   */
  showLease(lease, me) {
    this.lease.hidden = !lease;
    if (!lease) return;
    const since = new Date(1000 * lease.since).toLocaleTimeString([], { timeStyle: "short" });
    const who = lease.reviewer === me ? t("you in another window") : lease.reviewer;
    say(this.lease, t("Open with {who} since {since}: both decisions count", { who, since }));
    this.lease.title = this.lease.textContent;
  }

  #suggest(item) {
    const { conflict, proposal, suggestion } = item ?? {};
    const said = [
      conflict && t("They disagree: {conflict}", { conflict }),
      proposal?.text,
      suggestion &&
        t("Suggested: {verdict}. {reason}", {
          verdict: t(suggestion.verdict),
          reason: suggestion.reason,
        }),
    ];
    say(this.suggestion, said.filter(Boolean).join("  ·  "));
    this.suggestion.title = said.filter(Boolean).join("\n");
    this.suggestion.classList.toggle("proposed", Boolean(proposal));
  }

  /** @param {number} count of decisions that aren't saved yet @param {string|null} trouble */
  showUnsaved(count, trouble) {
    this.unsaved.hidden = count === 0 || !trouble;
    say(this.unsaved, t("{count} not saved yet", { count }));
    this.unsaved.title = t(
      "{trouble} The decision is kept in this browser and sent again until it is saved.",
      { trouble },
    );
  }

  /** What the panels show now. @param {import("../draw/stage.js").Stage} stage @param {object|null} item */
  showView(stage, item) {
    showPressed(this.tools);
    say(this.zoom, stage.viewport.title);
    const pair = settings.mode === "single" ? stage.shown : stage.shown.slice(0, 2);
    this.titleRow.classList.toggle("alone", pair.length === 1);
    this.titleRow.classList.toggle("empty", !stage.pack);
    pair.forEach((what, place) => this.titles[place].show(what, stage.pack, item));
  }
}

/** Above a panel: which image, when it was taken, what of it is seen. */
class Title {
  constructor() {
    this.what = element("b");
    this.when = element("span", { class: "when" });
    this.how = element("span", { class: "how" });
    this.low = element("span");
    this.ramp = element("i", { class: "ramp" });
    this.high = element("span");
    this.legend = element("span", { class: "legend" }, this.low, this.ramp, this.high);
    this.node = element("div", { class: "title" }, this.what, this.when, this.how, this.legend);
  }

  show(what, pack, item) {
    const words = what === "scene" ? sceneWords(pack, item) : sourceWords(pack, item);
    say(this.what, words.what);
    say(this.when, words.when);
    this.when.title = words.when;
    say(this.how, words.how);
    this.how.title = words.more;
    const legend = what === "scene" && pack ? composed(pack, settings).legend : null;
    this.legend.hidden = !legend;
    if (!legend) return;
    say(this.low, legend.low);
    say(this.high, legend.high);
    this.ramp.style.background = `linear-gradient(90deg, ${legend.ramp.join(",")})`;
  }
}

function sceneWords(pack, item) {
  const how = pack ? composed(pack, settings) : { title: "", ranges: {} };
  const ranges = Object.entries(how.ranges).map(([band, range]) => {
    const [low, high] = range.map((value) => (value / 10000).toFixed(3));
    return `${band} ${low}–${high}`;
  });
  const { reduced = 1 } = pack?.header ?? {};
  const one = reduced > 1 ? ` · ${t("one of {reduced} × {reduced} pixels", { reduced })}` : "";
  const stretch = {
    pair: t("2–98 % of clear pixels"),
    fixed: t("fixed"),
    kept: t("as the pair before"),
  }[settings.stretch];
  const more = ranges.length
    ? t("{title}. Black to white ({stretch}), reflectance: {ranges}", {
        title: how.title,
        stretch,
        ranges: ranges.join(", "),
      })
    : how.title;
  return { what: "Sentinel-2", when: item?.dates?.scene ?? "", how: how.title + one, more };
}

function sourceWords(pack, item) {
  const { source, offset } = item?.dates ?? {};
  const when = [source, offset && `Sentinel-2 ${offset}`].filter(Boolean).join(" · ");
  if (!pack?.source) {
    const why = pack?.header.source_problem ?? "";
    return {
      what: t("No source image"),
      when,
      how: t("Sentinel-2 without the label. {why}", { why }),
      more: why,
    };
  }
  const nir = sourcePicture(pack) === pack.sourceNir;
  const { caption } = pack.header.source;
  const shown = nir ? t("near infrared, red, green") : t("true colour");
  return { what: t("Source image"), when, how: `${shown} · ${caption ?? ""}`, more: caption ?? "" };
}
