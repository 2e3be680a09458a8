// Runs in a page before the page's own scripts, and notes what a person there would feel. Read as `globalThis.probe`.
//
// A key press lasts from the browser's own time of the key to the first task behind the frame that follows the field's
// `input`: scripts, style, layout and paint are in it, and the wait for the frame. What the compositor and the screen add
// is the browser's own, and the same for every page.

{
  const FRAME_MS = 1_000 / 60;
  const probe = { keys: [], longTasks: [], frames: 0, dropped: 0, interactiveAt: null };
  globalThis.probe = probe;

  let pressedAt = 0;
  addEventListener("keydown", (event) => (pressedAt = event.timeStamp), true);
  addEventListener(
    "input",
    () => {
      const from = pressedAt;
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => probe.keys.push(performance.now() - from);
      requestAnimationFrame(() => port2.postMessage(null));
    },
    true,
  );

  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) probe.longTasks.push(duration);
  }).observe({ type: "longtask" });

  // A field is drawn with everything that listens to it, or stands in the page as it came.
  const watch = new MutationObserver(() => {
    if (document.querySelector("textarea") === null) return;
    watch.disconnect();
    probe.interactiveAt = performance.now();
  });
  watch.observe(document, { childList: true, subtree: true });

  /** From now on: frames that were due, and those among them that never came. */
  probe.countFrames = () => {
    let last = performance.now();
    requestAnimationFrame(function step(at) {
      const due = Math.max(1, Math.round((at - last) / FRAME_MS));
      probe.frames += due;
      probe.dropped += due - 1;
      last = at;
      requestAnimationFrame(step);
    });
  };
}
