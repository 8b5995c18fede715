// Talking to the server: one place for addresses, the key, and what an error says.

/** An answer that says no, with the server's own sentence. */
export class Refused extends Error {
  /** @param {number} status @param {string} sentence */
  constructor(status, sentence) {
    super(sentence);
    this.status = status;
  }
}

// Worth another try: the server is starting (5xx), or was started anew and has another key (403).
const MAY_PASS = (status) => status === 403 || status >= 500;

/** Whether the same request may succeed later: no answer at all counts. */
export const isPassing = (error) => !(error instanceof Refused) || MAY_PASS(error.status);

const access = { api: "", key: "" };

/** @param {{api: string, key: string}} given where the routes are, and the key of this server */
export function connect({ api, key }) {
  access.api = api;
  access.key = key;
}

async function answerOf(path, options) {
  const answer = await fetch(access.api + path, {
    ...options,
    headers: { ...options.headers, "X-Review-Key": access.key },
    credentials: "same-origin",
  });
  if (answer.ok) return answer;
  const said = await answer.json().catch(() => ({}));
  throw new Refused(
    answer.status,
    said.error ?? `The server answered with status ${answer.status}.`,
  );
}

/** @param {string} path @returns {Promise<any>} */
export const getJson = async (path, signal) => (await answerOf(path, { signal })).json();

/** @param {string} path @returns {Promise<ArrayBuffer>} */
export const getBytes = async (path, signal) => (await answerOf(path, { signal })).arrayBuffer();

/** @param {string} path @param {object} body @returns {Promise<any>} */
export async function postJson(path, body) {
  const options = {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  };
  return (await answerOf(path, options)).json();
}
