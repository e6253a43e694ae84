// Counts that follow the server: <span data-live="queues" data-count="new">3</span> takes the count "new" of the
// stream /live/queues. A stream that the server closes is opened again by the browser; a refused one is left alone.
export function follow(root) {
  const places = [...root.querySelectorAll("[data-live][data-count]")];
  const streams = new Set(places.map((place) => place.dataset.live));
  for (const name of streams) {
    const source = new EventSource(`/live/${encodeURIComponent(name)}`);
    source.addEventListener("counts", (event) => {
      const counts = JSON.parse(event.data);
      for (const place of places) {
        const count = place.dataset.live === name ? counts[place.dataset.count] : undefined;
        if (count !== undefined) place.textContent = String(count);
      }
    });
    addEventListener("pagehide", () => source.close(), { once: true });
  }
}

// That a page is no more as it was made: <div data-changed="sitting/1" data-version="7" hidden> is shown once the stream
// /live/sitting/1 says another version. Nothing that was typed is touched: to load it again is for the reader to do.
export function watch(root) {
  for (const banner of root.querySelectorAll("[data-changed][data-version]")) {
    const source = new EventSource(`/live/${banner.dataset.changed.split("/").map(encodeURIComponent).join("/")}`);
    source.addEventListener("counts", (event) => {
      if (String(JSON.parse(event.data).version) === banner.dataset.version) return;
      banner.hidden = false;
      source.close();
    });
    addEventListener("pagehide", () => source.close(), { once: true });
  }
}
