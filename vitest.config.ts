// Four projects, by where a test must run: `node` (pure code and the cloud at home), `worker` (inside workerd, with
// real Durable Objects), `web` (a DOM), `e2e` (the whole stack and a real browser).

import { availableParallelism } from "node:os";
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

// On two cores Vitest would take one file at a time, and many of them wait more than they work.
const maxWorkers = Math.max(2, availableParallelism() - 1);

// What is polled for comes at once or not at all; on a busy machine at once takes longer than Vitest's one second.
const expect = { poll: { timeout: 5_000 } };

export default defineConfig({
  test: {
    retry: 0,
    projects: [
      {
        test: {
          name: "node",
          include: ["protocol/**/*.test.ts", "worker/core/**/*.test.ts", "dev/**/*.test.ts", "bench/**/*.test.ts"],
          maxWorkers,
          expect,
          testTimeout: 20_000,
          hookTimeout: 60_000,
        },
      },
      {
        plugins: [
          cloudflareTest(({ inject }) => ({
            wrangler: { configPath: "./wrangler.toml" },
            verbose: false, // workerd would print a page for each line that breaks, and thousands are broken on purpose.
            miniflare: { bindings: inject("bindings") },
          })),
        ],
        test: {
          name: "worker",
          globalSetup: ["./dev/test-setup.ts"],
          include: ["worker/**/*.test.ts"],
          exclude: ["worker/core/**"],
          maxWorkers,
          expect,
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: "web",
          include: ["web/**/*.test.{ts,tsx}"],
          maxWorkers,
          expect,
          testTimeout: 20_000,
          environment: "happy-dom",
        },
      },
      {
        test: {
          name: "e2e",
          include: ["e2e/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          expect,
          fileParallelism: false, // They kill, and they measure: each alone, and beside no other project.
        },
      },
    ],
  },
});
