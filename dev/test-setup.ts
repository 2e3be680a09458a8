// Vitest's global set-up for the tests inside workerd: starts the cloud for tests and hands its bindings to the Worker.
// In a process of its own, because Vite's module runner is not Node: it lacks what the embedded engines need.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  // oxlint-disable-next-line typescript/consistent-type-definitions -- merged with Vitest's own interface
  interface ProvidedContext {
    bindings: Record<string, string>;
  }
}

export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const cloud = spawn(process.execPath, [join(import.meta.dirname, "test-cloud.ts")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exited = once(cloud, "exit");
  const [line] = await Promise.race([
    once(createInterface(cloud.stdout), "line"),
    exited.then(([code]) => Promise.reject(new Error(`The cloud for tests ended with ${code}`))),
  ]);
  project.provide("bindings", JSON.parse(String(line)));
  return async () => {
    cloud.stdin.end();
    await exited;
  };
}
