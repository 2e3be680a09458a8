import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { createMeter, parseCpuSeconds, parseRssBytes } from "./meter.ts";

test("CPU is user and system time, whatever the process calls itself", () => {
  const fields = "S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 8 0 1 2 3";
  expect(parseCpuSeconds(`42 (workerd) ${fields}`)).toBe(3);
  expect(parseCpuSeconds(`42 (a) b (c) ${fields}`)).toBe(3);
});

test("memory is the resident part, in bytes", () => {
  expect(parseRssBytes("VmPeak:\t 99 kB\nVmRSS:\t  1234 kB\nRssAnon: 1 kB\n")).toBe(1_234 * 1_024);
});

test("a process that is not there costs nothing that could be told", () => {
  expect(parseCpuSeconds("")).toBeNull();
  expect(parseRssBytes("")).toBeNull();
});

test.runIf(process.platform === "linux")(
  "a process that worked for 100 ms has used about as much, and holds memory",
  async () => {
    const work =
      "const end = process.cpuUsage().user + 1e5; while (process.cpuUsage().user < end); process.send('done')";
    const child = spawn(process.execPath, ["-e", work + "; setInterval(() => {}, 1e3)"], {
      stdio: ["ignore", 1, 2, "ipc"],
    });
    try {
      await once(child, "message");
      const meter = createMeter(() => child.pid ?? 0);
      expect(meter.cpuSeconds()).toBeGreaterThanOrEqual(0.1);
      expect(meter.rssBytes()).toBeGreaterThan(10e6);
    } finally {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  },
);
