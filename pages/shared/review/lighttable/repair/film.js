// The film strip: the other candidates of a pair's mask, of which one can be chosen.

import { getJson } from "../api.js";
import { CandidatePictures } from "../candidate_pictures.js";
import { element } from "../dom.js";
import { t } from "../language.js";

export class Film {
  /** @param {import("./repair.js").Repair} repair */
  constructor(repair) {
    this.repair = repair;
    this.title = t("Other scenes");
    this.scenes = [];
    this.place = 0;
    this.asking = null;
    this.node = element("div", {
      class: "film",
      role: "group",
      "aria-label": t("Scenes of this mask"),
      hidden: true,
    });
  }

  async open() {
    const { table } = this.repair;
    this.node.hidden = false;
    this.node.replaceChildren(element("p", {}, t("Reading the list of scenes …")));
    this.scenes = [];
    const asking = (this.asking = new AbortController());
    const path = `/pairs/${encodeURIComponent(table.pairId)}/candidates`;
    try {
      const found = await getJson(path);
      if (!asking.signal.aborted) this.#show(found, asking.signal);
    } catch (error) {
      if (!asking.signal.aborted) {
        this.node.replaceChildren(element("p", {}, t("The list could not be read: {error}", { error: error.message })));
      }
    }
  }

  close() {
    this.asking?.abort();
    for (const { address } of this.scenes) if (address) URL.revokeObjectURL(address);
    this.scenes = [];
    this.node.hidden = true;
    this.node.replaceChildren();
  }

  words() {
    if (this.scenes.length === 0) return "";
    const { day, offset, clouds } = this.scenes[this.place];
    const at = t("{count} of {total}", { count: this.place + 1, total: this.scenes.length });
    return `${at}: ${day} · ${offset} · ${clouds}`;
  }

  #show({ mask_id: maskId, scenes }, signal) {
    if (scenes.length === 0) {
      const none = t("This mask has no candidates. Search for scenes on the page Scenes.");
      return this.node.replaceChildren(element("p", {}, none));
    }
    this.scenes = scenes.map((scene, place) => ({
      ...scene,
      ...card(scene, () => this.#click(place)),
    }));
    this.node.replaceChildren(...this.scenes.map(({ node }) => node));
    this.#to(Math.max(scenes.findIndex(({ present }) => present), 0));
    const pictures = new CandidatePictures(maskId, signal);
    for (const scene of this.scenes) {
      pictures.want(scene.scene_id, (found) => showPicture(scene, found));
    }
  }

  step(step) {
    if (this.scenes.length === 0) return;
    this.#to(Math.min(Math.max(this.place + step, 0), this.scenes.length - 1));
  }

  /** A first click shows which scene, a second one chooses it. */
  #click(place) {
    if (place === this.place) this.choose();
    else this.#to(place);
  }

  #to(place) {
    this.place = place;
    this.scenes.forEach(({ node }, at) => node.setAttribute("aria-current", String(at === place)));
    this.scenes[place].node.scrollIntoView({ block: "nearest", inline: "nearest" });
    this.repair.show();
  }

  /** Has the pair of the scene made; the pair that is shown stays until then. */
  async choose() {
    const { table, making } = this.repair;
    const scene = this.scenes[this.place];
    if (!scene) return;
    if (scene.present) return table.bar.tell(t("The pair that you see is made of this scene."));
    if (await making.choose(table.pairId, scene, table.item?.mask_name)) this.repair.close();
  }
}

/** A scene of the strip. */
function card(scene, chosen) {
  const frame = element("div", { class: "frame" }, element("span", {}, t("reading …")));
  const marks = [
    scene.present && t("shown"),
    scene.selected && t("selected"),
    !scene.usable && t("not usable"),
  ].filter(Boolean);
  const node = element(
    "button",
    {
      type: "button",
      class: "card",
      title: `${scene.scene_id}\n${scene.day} · ${scene.offset} · ${scene.clouds}`,
      onclick: chosen,
    },
    frame,
    element("b", {}, scene.day.replace(/,.*/, "")),
    element("span", {}, scene.offset),
    element("span", {}, scene.clouds),
    element("span", { class: "marks" }, marks.join(" · ")),
  );
  return { node, frame };
}

function showPicture(scene, { url, problem }) {
  scene.address = url;
  const shown = url
    ? element("img", { src: url, alt: "", draggable: "false" })
    : element("span", { title: problem }, problem);
  scene.frame.replaceChildren(shown);
}
