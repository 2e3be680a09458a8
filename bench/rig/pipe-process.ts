// The bare pipe in a workerd of its own, started as Brink's is: the same Miniflare and workerd, the same compatibility
// date, nothing between the port and the Worker.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { experimental_readRawConfig } from "wrangler";

const root = join(import.meta.dirname, "..", "..");
const source = join(root, "bench", "pipe");
const modelUrl = process.argv[2] ?? "";
const { rawConfig } = experimental_readRawConfig({ config: join(root, "wrangler.toml") });
const pipe = new Miniflare(
  convertV4MiniflareOptions({
    host: "127.0.0.1",
    port: 0,
    log: new Log(LogLevel.ERROR),
    workers: [
      {
        name: "pipe",
        rootPath: source, // Wherever the bench was started from.
        modulesRoot: source,
        modules: [{ type: "ESModule", path: join(source, "worker.js") }],
        compatibilityDate: rawConfig.compatibility_date ?? "",
        bindings: { MODEL_URL: modelUrl },
      },
    ],
    // Each of these would call home, or send every request by way of this process.
    cf: false,
    logRequests: false,
    telemetry: { enabled: false },
  }),
);
const { origin } = await pipe.ready;
process.on("disconnect", () => void pipe.dispose().then(() => process.exit(0)));
process.send?.({ url: origin, workerdPid: findWorkerd() });

/** The one child of this process whose program is workerd. 0 where there is no /proc to find it in. */
function findWorkerd(): number {
  if (process.platform !== "linux") return 0;
  const threads = readdirSync("/proc/self/task");
  const children = threads.flatMap((id) => readFileSync(`/proc/self/task/${id}/children`, "utf8").trim().split(" "));
  const found = children.find((pid) => pid !== "" && readFileSync(`/proc/${pid}/comm`, "utf8").trim() === "workerd");
  return Number(found ?? 0);
}
