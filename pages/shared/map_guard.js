// Runs in the map's frame before Leaflet is there: holds its place, and says so if it never comes.
(() => {
  // The page says how high the frame is; all of it is map.
  const style = document.createElement("style");
  style.textContent = "#map_div { width: 100% !important; height: 100vh !important; }";
  document.head.append(style);
  const notice = document.createElement("p");
  notice.id = "map_notice";
  notice.style.cssText = "color: #808080; font: 14px sans-serif; padding: 0 1rem;";
  document.body.prepend(notice);
  const height = parseInt(document.getElementById("map_div").style.height, 10);
  window.Streamlit.setFrameHeight(height);
  const missing = () => {
    if (!window.L) {
      notice.textContent =
        "The map can't be drawn: its library (Leaflet) can't be reached from this browser, most " +
        "likely because there is no internet. Run `make offline-assets` once where there is, " +
        "start the app again, and maps work without. Everything else on this page works now.";
    }
  };
  // What the page sends while Leaflet is on its way is lost: the last of it is given again.
  const { Streamlit } = window;
  let sent = null;
  const keep = (event) => (sent = event.detail);
  Streamlit.events.addEventListener(Streamlit.RENDER_EVENT, keep);
  window.drawWhatWasSent = () => {
    Streamlit.events.removeEventListener(Streamlit.RENDER_EVENT, keep);
    if (sent) {
      Streamlit.events.dispatchEvent(new CustomEvent(Streamlit.RENDER_EVENT, { detail: sent }));
    }
  };
  window.addEventListener("unhandledrejection", missing);
  setTimeout(missing, 8000);
})();
