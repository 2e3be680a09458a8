// The choice of light or dark that was made on this device, before the first paint: see web/state/theme.ts.
try {
  const choice = localStorage.getItem("brink.theme");
  if (choice === "light" || choice === "dark") {
    document.documentElement.dataset.theme = choice;
    for (const meta of document.querySelectorAll("meta[data-scheme]")) {
      meta.media = meta.dataset.scheme === choice ? "all" : "not all";
    }
  }
} catch {
  // Storage is not allowed here: the device's own choice stands.
}
