// A part of the bench in a process of its own: started, asked one thing at a time, and ended. A child that loses its
// parent ends by itself, so that a killed bench leaves nothing running.

import { fork } from "node:child_process";
import { once } from "node:events";
import { closeOnSignal } from "../leaving.ts";

export type Child = {
  pid: number;
  /** The child's next message, kept until it is asked for. Rejects when the child ends instead. */
  hear(): Promise<unknown>;
  send(message: object): void;
  close(): Promise<void>;
};

const CLOSE_MS = 5_000;

export function startChild(script: string, args: readonly string[] = []): Child {
  // stdout is the bench's own table; what a child has to say goes to stderr.
  const child = fork(script, args, { stdio: ["ignore", 2, 2, "ipc"], serialization: "advanced" });
  const ended = once(child, "exit");
  const messages: unknown[] = [];
  child.on("message", (message) => messages.push(message));
  const close = async () => {
    forget();
    if (child.exitCode !== null || child.signalCode !== null) return;
    if (child.connected) child.disconnect();
    const late = setTimeout(() => child.kill("SIGKILL"), CLOSE_MS);
    await ended;
    clearTimeout(late);
  };
  const forget = closeOnSignal(close);
  return {
    pid: child.pid ?? 0,
    async hear() {
      while (messages.length === 0) {
        await Promise.race([once(child, "message"), ended]);
        if (messages.length === 0) throw new Error(`${script} ended with code ${child.exitCode ?? child.signalCode}`);
      }
      return messages.shift();
    },
    send: (message) => void child.send(message),
    close,
  };
}
