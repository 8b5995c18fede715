// Pictures of a mask in its candidates: read by the server one after the other, asked for a few at
// a time.

import { getPicture } from "./api.js";

const ASK_AGAIN_MS = 1000;
const AT_ONCE = 4;

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

export class CandidatePictures {
  /** @param {string} maskId @param {AbortSignal} signal ends all reading */
  constructor(maskId, signal) {
    this.maskId = maskId;
    this.signal = signal;
    this.waiting = [];
    this.busy = 0;
  }

  /**
   * @param {string} sceneId
   * @param {(found: {url?: string, problem?: string}) => void} show called once; whoever shows the
   *   picture revokes its address
   */
  want(sceneId, show) {
    this.waiting.push({ sceneId, show });
    if (this.busy < AT_ONCE) this.#read();
  }

  /** What was not asked for yet is no longer wanted. */
  drop() {
    this.waiting = [];
  }

  async #read() {
    this.busy += 1;
    while (this.waiting.length > 0 && !this.signal.aborted) {
      const wanted = this.waiting.shift();
      try {
        const found = await getPicture(this.#address(wanted.sceneId));
        if (this.signal.aborted) break;
        if (found) wanted.show({ url: URL.createObjectURL(found) });
        else {
          this.waiting.push(wanted);
          await pause(ASK_AGAIN_MS);
        }
      } catch (error) {
        wanted.show({ problem: error.message });
      }
    }
    this.busy -= 1;
  }

  #address(sceneId) {
    return `/candidates/${encodeURIComponent(this.maskId)}/${encodeURIComponent(sceneId)}.webp`;
  }
}
