// Outlines and badges by keyboard, in the map's frame: Tab stops once for all of them, arrow keys go
// to the nearest one on that side, Enter or space does what a click does, Escape leaves. What has the focus is a list
// that lies over the map, since outlines on a canvas are no elements; it holds the one item that is
// looked at, so that a thousand outlines cost no more than two, and a ring shows which it is.

const RING = { least: 24, margin: 6 };
const STEPS = {
  ArrowRight: (items, item) => beside(items, item, ["x", "y"], 1),
  ArrowLeft: (items, item) => beside(items, item, ["x", "y"], -1),
  ArrowDown: (items, item) => beside(items, item, ["y", "x"], 1),
  ArrowUp: (items, item) => beside(items, item, ["y", "x"], -1),
  // From west to east, whatever lies between: these two reach all.
  PageDown: (items, item) => items[item.rank + 1] || item,
  PageUp: (items, item) => items[item.rank - 1] || item,
  Home: (items) => items[0],
  End: (items) => items[items.length - 1],
};
const KEYS_STYLE = `
  #outline_list { position: absolute; inset: 0; z-index: 750; overflow: hidden; outline: none;
    pointer-events: none; }
  .leaflet-tooltip { width: max-content; max-width: 44vw; white-space: normal;
    overflow-wrap: anywhere; }
  #outline_list > *, #outline_ring { position: absolute; box-sizing: border-box; }
  #outline_ring { border: 3px solid #101010; border-radius: 5px; outline: 3px solid #fff; }
  #outline_keys { position: absolute; top: 6px; left: 56px; right: 56px; z-index: 1100;
    width: fit-content; margin: 0 auto; padding: 2px 8px; border-radius: 4px; background: #101010;
    color: #fff; font: 12px/18px sans-serif; pointer-events: none; }
  #map_div:not(:has(#outline_list:focus)) :is(#outline_ring, #outline_keys) { visibility: hidden; }
  #map_div:focus-visible::after { content: ""; position: absolute; inset: 0; z-index: 1100;
    border: 3px solid #101010; outline: 3px solid #fff; outline-offset: -6px; pointer-events: none; }`;

// Once, when the map is made: the list, empty as yet.
function prepareKeys(map, texts) {
  document.head.append(element("style", {}, KEYS_STYLE));
  const container = map.getContainer();
  container.setAttribute("role", "region");
  container.setAttribute("aria-label", texts.map);
  for (const [name, text] of [["in", texts.zoomIn], ["out", texts.zoomOut]]) {
    const button = container.querySelector(`.leaflet-control-zoom-${name}`);
    button?.setAttribute("title", text);
    button?.setAttribute("aria-label", text);
  }
  const list = element("div", {
    id: "outline_list",
    role: "listbox",
    tabindex: "0",
    "aria-label": texts.outlines,
    "aria-describedby": "outline_keys",
  });
  list.hidden = true;
  // Below the labels, above all outlines.
  const pane = map.createPane("ring");
  pane.style.zIndex = 640;
  pane.style.pointerEvents = "none";
  const circle = element("div", { id: "outline_ring", class: "leaflet-zoom-hide" });
  pane.append(circle);
  const hint = element("div", { id: "outline_keys" });
  const keys = { map, texts, list, circle, hint, items: [] };
  window.outlineKeys = keys;
  map.getPane("mapPane").after(list, hint);
  list.addEventListener("focus", () => goTo(keys, firstSeen(keys)));
  list.addEventListener("blur", () => hover(keys, "mouseout"));
  list.addEventListener("keydown", (event) => pressed(keys, event));
  map.on("move zoom resize", () => ring(keys));
}

// Whenever other outlines are on the map: the list is of these. Who looks at one goes on there.
function offerKeys(outlines) {
  const keys = window.outlineKeys;
  const known = new Map();
  outlines.eachLayer((layer) => {
    // Leaflet listens for the focus of what has a tooltip, which makes each a stop of Tab.
    layer.getElement?.()?.setAttribute("tabindex", "-1");
    const { key, label } = layer.feature.properties;
    // A badge is another sign of the same outline; the outline shows where it is.
    if (!known.get(key || label)?.getBounds) {
      known.set(key || label, layer);
    }
  });
  const at = (layer) => keys.map.project(centreOf(layer), 20);
  keys.items = [...known].map(([name, layer]) => ({ name, layer, at: at(layer) }));
  keys.items.sort((one, other) => one.at.x - other.at.x || one.at.y - other.at.y);
  keys.items.forEach((item, rank) => (item.rank = rank));
  keys.list.hidden = !keys.items.length;
  const left = document.activeElement === keys.list && keys.item;
  lookAt(keys, left ? nearest(keys.items, left) : chosenOf(keys.items));
}

const chosenOf = (items) =>
  items.find((item) => item.layer.feature.properties.chosen) || items[0];

// The same one, or where a number was chosen one of what it stood for.
function nearest(items, left) {
  const far = (item) => item.at.distanceTo(left.at);
  return (
    items.find((item) => item.name === left.name) ||
    items.reduce((best, item) => (best && far(best) <= far(item) ? best : item), undefined)
  );
}

// Who comes to the list begins with what is chosen; where that isn't seen, with one that is.
function firstSeen({ map, items, item }) {
  const seen = (one) => onScreen(map, boxOf(map, one.layer));
  return item && seen(item) ? item : items.find(seen) || item;
}

function pressed(keys, event) {
  if (event.ctrlKey || event.altKey || event.metaKey || !keys.item) {
    return;
  }
  if (STEPS[event.key]) {
    goTo(keys, STEPS[event.key](keys.items, keys.item));
  } else if (event.key === "Enter" || event.key === " ") {
    if (keys.item.layer.feature.properties.key) {
      keys.item.layer.fire("click", { latlng: centreOf(keys.item.layer) }, true);
    }
  } else if (event.key === "Escape") {
    keys.map.getContainer().focus();
  } else {
    return;
  }
  // Else the map would move, too, and the page would scroll.
  event.preventDefault();
  event.stopPropagation();
}

// The nearest one on a side, where what is aside counts as further off; else the same one. Of those
// in one position, as masks of many days, each is on a side of the others.
function beside(items, item, [axis, cross], sign) {
  let [found, least] = [item, Infinity];
  for (const other of sign > 0 ? items : [...items].reverse()) {
    const along = sign * (other.at[axis] - item.at[axis]);
    const aside = Math.abs(other.at[cross] - item.at[cross]);
    const same = along === 0 && aside === 0;
    const isThere = same ? sign * (other.rank - item.rank) > 0 : along > 0;
    if (isThere && along + 2 * aside < least) {
      [found, least] = [other, along + 2 * aside];
    }
  }
  return found;
}

// Looks at another one, and moves the map where that isn't seen.
function goTo(keys, item) {
  if (item && !onScreen(keys.map, boxOf(keys.map, item.layer))) {
    keys.map.panTo(centreOf(item.layer), { animate: false });
  }
  lookAt(keys, item);
}

function lookAt(keys, item) {
  hover(keys, "mouseout");
  keys.item = item;
  describe(keys);
  ring(keys);
  hover(keys, "mouseover");
}

// What is read out: another element makes screen readers speak again, the same one doesn't.
function describe(keys) {
  const { item, items, list, hint, texts } = keys;
  if (!item) {
    list.replaceChildren();
    return;
  }
  const { key, label, chosen } = item.layer.feature.properties;
  hint.textContent = key ? texts.choosing : texts.keys;
  const plain = element("span");
  // The labels come escaped, with breaks.
  plain.innerHTML = label.replaceAll("<br>", ", ");
  const attributes = {
    role: "option",
    "aria-label": plain.textContent,
    "aria-selected": String(Boolean(chosen)),
    "aria-disabled": String(!key),
    "aria-posinset": String(item.rank + 1),
    "aria-setsize": String(items.length),
  };
  const now = JSON.stringify(attributes);
  if (keys.described !== now || !list.firstChild) {
    keys.described = now;
    keys.spoken = (keys.spoken || 0) + 1;
    const option = element("div", { ...attributes, id: `outline_${keys.spoken}` });
    list.replaceChildren(option);
    list.setAttribute("aria-activedescendant", option.id);
    ring(keys);
  }
}

// Lays the ring on what of the item is on the screen; there also is what magnifiers follow.
function ring({ map, item, list, circle }) {
  const option = list.firstChild;
  if (!option || !item) {
    return;
  }
  const box = boxOf(map, item.layer);
  const size = map.getSize();
  const clip = (value, most) => Math.min(Math.max(value, 3), most - 3);
  const [left, right] = [clip(box.min.x, size.x), clip(box.max.x, size.x)];
  const [top, bottom] = [clip(box.min.y, size.y), clip(box.max.y, size.y)];
  const at = `width: ${right - left}px; height: ${bottom - top}px;`;
  option.style.cssText = `left: ${left}px; top: ${top}px; ${at}`;
  const corner = map.containerPointToLayerPoint([left, top]);
  circle.style.cssText = `left: ${corner.x}px; top: ${corner.y}px; ${at}`;
}

// As the mouse does, so that the label is seen.
function hover({ map, item, list }, event) {
  const focused = document.activeElement === list || event === "mouseout";
  if (item && focused && map.hasLayer(item.layer)) {
    const { offsetLeft, offsetTop, offsetWidth } = list.firstChild;
    const at = map.containerPointToLatLng([offsetLeft + offsetWidth / 2, offsetTop]);
    item.layer.fire(event, { latlng: at }, true);
  }
}

// Where it is drawn, with some room, in pixels of the map; a badge hangs on the middle of its text.
function boxOf(map, layer) {
  const bounds = layer.getBounds ? layer.getBounds() : L.latLngBounds([layer.getLatLng()]);
  const corners = [bounds.getNorthWest(), bounds.getSouthEast()];
  const box = L.bounds(corners.map((at) => map.latLngToContainerPoint(at)));
  const text = layer.getElement?.()?.firstChild?.offsetWidth;
  const wide = layer.getBounds ? 0 : text || 0;
  const grow = (length, least) => Math.max((least - length) / 2, RING.margin);
  const { x, y } = box.getSize();
  const room = L.point(grow(x, Math.max(RING.least, wide + 10)), grow(y, RING.least + 6));
  return L.bounds(box.min.subtract(room), box.max.add(room));
}

// Whether enough of it is seen for a ring to say which it is.
function onScreen(map, box) {
  const edge = L.point(RING.least, RING.least);
  return L.bounds(edge, map.getSize().subtract(edge)).intersects(box);
}

function centreOf(layer) {
  return layer.getBounds ? layer.getBounds().getCenter() : layer.getLatLng();
}

function element(name, attributes = {}, text = "") {
  const made = document.createElement(name);
  Object.entries(attributes).forEach(([attribute, value]) => made.setAttribute(attribute, value));
  made.textContent = text;
  return made;
}
