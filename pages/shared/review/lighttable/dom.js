// Making elements. Text only ever goes in as text, so a name can't become markup.

import { t } from "./language.js";

/**
 * An element with attributes, listeners (`onclick`) and children (elements or text).
 * @param {string} tag
 * @param {Record<string, any>} [attributes] null and false leave an attribute out
 * @param {...(Node|string|null|undefined)} children
 * @returns {HTMLElement}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/**
 * Sets an element's text where it differs; an unchanged text costs no layout.
 * @param {HTMLElement} node
 * @param {string} text
 */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

const FORMATS = [0, 1, 2].map(
  (digits) =>
    new Intl.NumberFormat("en", { minimumFractionDigits: digits, maximumFractionDigits: digits }),
);

/** `1,234.5`: a number with 0, 1 or 2 digits after the point. */
export const number = (value, digits = 0) => FORMATS[digits].format(value);

/** A share 0…1 as `12.3 %`; what is there is never `0.0 %`. */
export const percent = (share) =>
  share > 0 && share < 0.0005 ? t("under 0.1 %") : `${number(100 * share, 1)} %`;
