import { createServer, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import type { Job, StreamRequest } from "./job.ts";
import { deadlineMs } from "./job.ts";
import { runJob } from "./run-job.ts";

const answer = 'data: {"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]}\n\n';
let server: Server | null = null;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function serve(body: string, isEnded: boolean): Promise<StreamRequest> {
  server = createServer((_, response) => {
    response.writeHead(200).write(body);
    if (isEnded) response.end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return { method: "GET", url, headers: {}, format: "openai", model: "brink-simulated:tokens=5" };
}

const jobOf = (requests: StreamRequest[], isSequential = false): Job => ({ requests, windowMs: 0, isSequential });

test("a stream that never ends is a counted failure once the job's time is over", async () => {
  const stuck = await serve(answer, false);
  const { results } = await runJob(jobOf([stuck, stuck]), 300);
  expect(results.map(({ failure }) => failure)).toEqual(["not ended in time", "not ended in time"]);
});

test("after the job's time nothing more is asked", async () => {
  const stuck = await serve(answer, false);
  const { results } = await runJob(jobOf([stuck, stuck], true), 300);
  expect(results.map(({ failure }) => failure)).toEqual(["not ended in time", "not ended in time"]);
});

test.for(["data: {\n\n", 'data: {"choices":"none"}\n\n'])("%j in a stream is a counted failure", async (data) => {
  const { results } = await runJob(jobOf([await serve(answer + data, true)]));
  expect(results.map(({ failure }) => failure)).toEqual([expect.stringMatching(/^malformed data/)]);
});

test("a job has the time of its arrivals, its longest answer and a minute, or of one answer after another", () => {
  const request = (model: string): StreamRequest => ({ method: "GET", url: "", headers: {}, format: "openai", model });
  const quick = request("brink-simulated:first=1000,rate=50,tokens=50");
  const slow = request("brink-simulated:first=1000,rate=10,tokens=100");
  expect(deadlineMs({ requests: [quick, slow], windowMs: 3_000, isSequential: false })).toBe(3_000 + 11_000 + 60_000);
  expect(deadlineMs({ requests: [quick, slow], windowMs: 0, isSequential: true })).toBe(2_000 + 11_000 + 60_000);
});
