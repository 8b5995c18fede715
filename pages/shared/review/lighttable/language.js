// The language of the tab. Texts are English in the code; what a language lacks stays English.

const ENGLISH = "en";

/** @type {string|undefined} the code of the language, once one is spoken */
let spoken;
let reading;
let texts = {};

/**
 * Reads the texts of a language; modules with texts are loaded after it, since they hold some.
 * @param {{api: string, language: string}} data of a component
 * @returns {Promise<boolean>} false when modules hold texts of another language already
 */
export async function speak({ api, language }) {
  spoken ??= language;
  if (spoken !== language) return false;
  reading ??= textsOf(api, language);
  texts = await reading;
  return true;
}

async function textsOf(api, language) {
  if (language === ENGLISH) return {};
  try {
    const answer = await fetch(`${api}/assets/language/${language}.json`);
    return (await answer.json()).texts;
  } catch {
    return {}; // it is readable in English, too
  }
}

/** The language that answers of the server are to be in; null for English. */
export const wanted = () => (spoken && spoken !== ENGLISH ? spoken : null);

/**
 * A text in the language of the tab: `t("{count} of {total}", { count: 3, total: 6 })`.
 * @param {string} text in English
 * @param {Record<string, string|number>} [values] of what stands in braces
 */
export const t = (text, values = {}) =>
  (texts[text] ?? text).replace(/\{(\w+)\}/g, (part, name) => values[name] ?? part);
