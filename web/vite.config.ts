// Builds the web app: hashed files under /assets/, nothing inline (the policy in public/_headers forbids it).

import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = fileURLToPath(new URL(".", import.meta.url));

export default defineConfig({
  root: here,
  // One project serves the whole origin; a base other than / would need every route to know it.
  base: "/",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: process.env["BRINK_WEB_OUT"] ?? fileURLToPath(new URL("../dist/web", import.meta.url)),
    emptyOutDir: true,
    // A data: URL is refused by img-src and font-src; the polyfill would be an inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The oldest engines with light-dark() and oklch(): older targets would turn each colour into three.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    // One small style sheet: the second chunk then brings nothing but its script.
    cssCodeSplit: false,
    reportCompressedSize: false,
  },
});
