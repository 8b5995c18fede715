// Talking to the server: one place for addresses, the key, and what an error says.

import { t, wanted } from "./language.js";

/** An answer that says no, with the server's own sentence. */
export class Refused extends Error {
  /** @param {number} status @param {string} sentence */
  constructor(status, sentence) {
    super(sentence);
    this.status = status;
  }
}

const FORBIDDEN = 403;
const STILL_READING = 202;
const NEW_KEY_MS = 8000;

/** Whether the same request may succeed later: where no answer came, or the server isn't ready. */
export const isPassing = (error) =>
  !(error instanceof Refused) || error.status === FORBIDDEN || error.status >= 500;

const access = { api: "", key: "", signature: "", workspace: "", renew: () => {} };
let waiting = [];

/**
 * @param {{api: string, key: string, signature: string, workspace: string}} given where the routes
 *   are, the key of this server, what shows it who is logged in, and the tab's workspace, if that
 *   isn't the server's own
 * @param {() => void} renew asks the page for the key that holds now
 */
export function connect({ api, key, signature, workspace }, renew) {
  if (key !== access.key) {
    for (const done of waiting) done(true);
    waiting = [];
  }
  Object.assign(access, { api, key, signature, workspace: workspace ?? "", renew });
}

/**
 * Whether the tab has gone to another workspace: what is held of pairs is of one alone, so that the
 * page has to be loaded again.
 * @param {{workspace: string}} data
 */
export const isOfAnother = ({ workspace }) => Boolean(access.api) && access.workspace !== workspace;

/** What the browser keeps something of this workspace under. @param {string} name */
export const keptUnder = (name) => (access.workspace ? `${name}@${access.workspace}` : name);

/**
 * An address with the workspace in it, so that no cache mixes up pairs of two, and with the language
 * of its answer; both only where they aren't the usual ones.
 */
function addressOf(path) {
  const named = Object.entries({ workspace: access.workspace, language: wanted() });
  const asked = new URLSearchParams(named.filter(([, value]) => value)).toString();
  const mark = path.includes("?") ? "&" : "?";
  return access.api + path + (asked && mark + asked);
}

/** A server that was started anew has another key, which the page doesn't tell by itself. */
function newKey() {
  if (waiting.length === 0) access.renew();
  return new Promise((done) => {
    waiting.push(done);
    setTimeout(() => {
      waiting = waiting.filter((one) => one !== done);
      done(false);
    }, NEW_KEY_MS);
  });
}

async function answerOf(path, options, mayRenew = true) {
  const answer = await fetch(addressOf(path), {
    ...options,
    headers: {
      ...options.headers,
      "X-Review-Key": access.key,
      "X-Review-Signature": access.signature ?? "",
    },
    credentials: "same-origin",
  });
  if (answer.ok) return answer;
  if (answer.status === FORBIDDEN && mayRenew && (await newKey())) {
    return answerOf(path, options, false);
  }
  const said = await answer.json().catch(() => ({}));
  throw new Refused(
    answer.status,
    said.error ?? t("The server answered with status {status}.", { status: answer.status }),
  );
}

/** @param {string} path @returns {Promise<any>} */
export const getJson = async (path) => (await answerOf(path, {})).json();

/** @param {string} path @returns {Promise<ArrayBuffer>} */
export const getBytes = async (path) => (await answerOf(path, {})).arrayBuffer();

/** A picture, or null while the server reads it. @param {string} path @returns {Promise<Blob|null>} */
export async function getPicture(path) {
  const answer = await answerOf(path, {});
  return answer.status === STILL_READING ? null : answer.blob();
}

/** @param {string} path @param {object} body @param {object} [more] options of `fetch` */
export async function postJson(path, body, more = {}) {
  const options = {
    ...more,
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  };
  return (await answerOf(path, options)).json();
}
