// Requests that decide: each is sent until the server has answered. Its token makes sending it
// twice harmless.

import { isPassing, postJson } from "../lighttable/api.js";
import { newToken } from "../lighttable/pairs/outbox.js";

const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 6400;

/**
 * @param {string} path
 * @param {object} body a token is added
 * @returns {Promise<any>} rejects when the server refuses, or doesn't answer for some seconds
 */
export async function decideOnce(path, body) {
  const asked = { ...body, token: newToken() };
  for (let wait = FIRST_WAIT_MS; ; wait *= 2) {
    try {
      return await postJson(path, asked);
    } catch (error) {
      if (!isPassing(error) || wait > LONGEST_WAIT_MS) throw error;
    }
    await new Promise((done) => setTimeout(done, wait));
  }
}
