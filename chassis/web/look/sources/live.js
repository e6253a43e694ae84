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
