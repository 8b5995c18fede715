// What runs inside the map's frame. `prepareMap` is called once when the map is made,
// `drawOutlines` whenever what is on it has changed.

// Base map, scale bar, and a sentence where the base map can't be reached.
function prepareMap(map, options) {
  document.getElementById("map_notice")?.remove();
  // When the map is there with what was sent first.
  setTimeout(() => window.drawWhatWasSent?.());
  // Above the attribution, which is as long as it has to be and takes the width of a narrow map.
  L.control.scale({ imperial: false, position: "bottomright" }).addTo(map);
  map.attributionControl.setPrefix('<a href="https://leafletjs.com" target="_blank">Leaflet</a>');
  map.getContainer().style.background = options.water;
  map.getContainer().style.fontSize = "12px";
  map.createPane("ground").style.zIndex = 250;
  prepareKeys(map, options.texts);
  map.on("resize", () => {
    if (isAsFitted(map)) {
      fit(map);
    }
  });
  if (options.countries) {
    drawCountries(map, options);
  }
  if (options.imagery) {
    addImagery(map, options.imagery);
  }
  const notice = L.control({ position: "topright" });
  notice.onAdd = () => {
    const box = L.DomUtil.create("div", "leaflet-control-attribution");
    box.textContent = options.noTiles;
    return box;
  };
  map.eachLayer((layer) => {
    if (layer instanceof L.TileLayer) {
      layer.on("tileerror", () => notice.addTo(map));
      layer.on("tileload", () => notice.remove());
    }
  });
}

// Satellite images below the outlines; no tile is asked for before somebody turns them on.
function addImagery(map, { name, url, ...options }) {
  map.createPane("imagery").style.zIndex = 260;
  const layer = L.tileLayer(url, { ...options, pane: "imagery", maxZoom: 22 });
  L.control.layers({}, { [name]: layer }, { position: "topright" }).addTo(map);
}

function drawCountries(map, options) {
  map.attributionControl.addAttribution("Countries: Natural Earth");
  const style = { fillColor: options.land, fillOpacity: 1, color: options.border, weight: 1 };
  fetch(options.countries)
    .then((answer) => answer.json())
    .then((atlas) => {
      const countries = topojson.feature(atlas, atlas.objects.countries);
      L.geoJson(countries, { pane: "ground", interactive: false, style: style }).addTo(map);
    });
}

// Puts `drawn.outlines` and `drawn.picture` into `group`, and shows `drawn.focus` when it is new.
function drawOutlines(group, map, drawn) {
  if (drawn.picture) {
    group.addLayer(picture(drawn.picture));
  }
  const many = drawn.outlines.length > 500;
  window.outlineCanvas = window.outlineCanvas || L.canvas({ padding: 0.5 });
  const outlines = L.geoJson(drawn.outlines, {
    renderer: many ? window.outlineCanvas : undefined,
    style: (feature) => feature.properties.style,
    // The keyboard goes through all outlines by one stop, not by one for each badge.
    pointToLayer: (feature, at) =>
      L.marker(at, { icon: badge(feature.properties), keyboard: false }),
  });
  // The labels come escaped.
  outlines.bindTooltip((layer) => layer.feature.properties.label, { sticky: true });
  // A second click on the same outline is another click.
  outlines.on("click", (event) => {
    event.layer.feature.properties.clickedAt = Date.now();
  });
  outlines.on("add", () => offerKeys(outlines));
  group.addLayer(outlines);
  show(map, drawn.focus);
  keepVisible(map, outlines);
}

// Outlines that are a few pixels wide are drawn with a thicker line: they are seen as dots.
function keepVisible(map, outlines) {
  const redraw = () =>
    outlines.eachLayer((layer) => {
      if (!layer.getBounds) {
        return;
      }
      const bounds = layer.getBounds();
      const corner = map.latLngToLayerPoint(bounds.getNorthEast());
      const isDot = corner.distanceTo(map.latLngToLayerPoint(bounds.getSouthWest())) < 6;
      const { weight } = layer.feature.properties.style;
      layer.setStyle({ weight: isDot ? weight + 4 : weight });
    });
  if (window.keepOutlinesVisible) {
    map.off("zoomend", window.keepOutlinesVisible);
  }
  window.keepOutlinesVisible = redraw;
  map.on("zoomend", redraw);
  redraw();
}

// A sign on a disc of the outline's colour; as wide as its text.
function badge({ sign, style }) {
  const box = document.createElement("span");
  box.textContent = sign;
  box.style.cssText =
    "display: inline-block; min-width: 18px; padding: 0 4px; border-radius: 10px; " +
    `border: 1px solid #fff; color: ${inkOn(style.color)}; font: 600 12px/18px sans-serif; text-align: center; ` +
    `white-space: nowrap; transform: translate(-50%, -50%); background: ${style.color};`;
  return L.divIcon({ html: box, className: "", iconSize: null });
}

// Black or white, whichever is read on a colour `#rrggbb`.
function inkOn(color) {
  const [red, green, blue] = color.match(/[0-9a-f]{2}/gi).map((part) => parseInt(part, 16));
  return 0.299 * red + 0.587 * green + 0.114 * blue > 140 ? "#101010" : "#fff";
}

// The same picture is kept as it is, since a new one would blink while it is decoded.
function picture(wanted) {
  const known = window.shownPicture;
  if (!known || known.url !== wanted.url || String(known.bounds) !== String(wanted.bounds)) {
    const layer = L.imageOverlay(wanted.url, wanted.bounds);
    window.shownPicture = { url: wanted.url, bounds: wanted.bounds, layer: layer };
  }
  return window.shownPicture.layer;
}

// A map that moves by itself is a map that jumps: only another focus moves it.
function show(map, focus) {
  if (focus && window.shownFocus?.name !== focus.name) {
    window.shownFocus = focus;
    fit(map);
  }
}

// In a tab that isn't open the map has no size yet: it moves there once it has one.
function fit(map) {
  window.fittedView = undefined;
  if (window.shownFocus && map.getSize().x) {
    const { bounds } = window.shownFocus;
    map.fitBounds(bounds, { padding: [24, 24], maxZoom: 18, animate: false });
    window.fittedView = { center: map.getCenter(), zoom: map.getZoom() };
  }
}

// Whether nobody has moved the map since; a map of another size keeps its centre to a pixel.
function isAsFitted(map) {
  const view = window.fittedView;
  if (!view) {
    return true;
  }
  const off = map.latLngToContainerPoint(view.center).distanceTo(map.getSize().divideBy(2));
  return map.getZoom() === view.zoom && off < 2;
}
