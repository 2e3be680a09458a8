// A deploy in mid-stream: new code takes over the same state while answers are being written. Readers come back by
// their cursors; what they hold in the end is what is stored, and nothing is left waiting.

import { setTimeout as sleep } from "node:timers/promises";
import { type ApiClient, createGuest, newId } from "../../dev/api-client.ts";
import { expectedText, SIMULATED_MODEL } from "../../dev/simulated-llm.ts";
import type { ConfigAnswer, Message } from "../../protocol/api.ts";
import { type Reader, startReader } from "../../e2e/rig/reader.ts";
import type { ExtraFigure, ExtraValues } from "../extra.ts";
import { createRun, type Run } from "../figures.ts";
import type { Rig } from "../rig/rig.ts";
import { NEXT_VERSION } from "../rig/site.ts";
import { quantile } from "../statistics.ts";
import type { Scenario, Size } from "./scenario.ts";

const WINDOW_MS = 1_000;
const SILENT_SHARE = 0.2; // Answers that have said nothing yet when the code changes.
const GUESTS = 5;

const MODEL = `${SIMULATED_MODEL}:first=50,rate=50,tokens=300,text=unicode,seed=7`;
const silentModel = (deployMs: number) =>
  `${SIMULATED_MODEL}:first=${deployMs + 500},rate=50,tokens=50,text=unicode,seed=7`;

const streamsOf = ({ streams, isSmoke }: Size) => streams ?? [isSmoke ? 10 : 50];
const deployMsOf = ({ isSmoke }: Size) => (isSmoke ? 1_500 : 3_000);

const extras: readonly ExtraFigure[] = [
  { name: "away", unit: "ms" },
  { name: "first byte p50", unit: "ms" },
  { name: "first byte p95", unit: "ms" },
  { name: "settled p95", unit: "ms" },
  { name: "complete", unit: "%" },
  { name: "interrupted", unit: "%" },
  { name: "lost p95", unit: "ms" },
];

export const deploy: Scenario = {
  name: "deploy",
  columns: ["exact"],
  extras,
  describe: (size) =>
    `Answers at 50 tokens a second; after ${deployMsOf(size) / 1_000} s workerd is ended and another version of the ` +
    `Worker started on its state and port. ${SILENT_SHARE * 100} % have said nothing by then. All times from the end of ` +
    "the old version: until the new one answers, until a reader's first byte, until an interrupted answer has said so; " +
    "lost is how much of what was shown before is not in the answer that is kept.",
  cases: (size) =>
    streamsOf(size).map((streams) => ({
      name: `${streams} streams`,
      reference: null,
      subjects: [{ name: "Brink", measure: (rig) => measureDeploy(rig, streams, deployMsOf(size)) }],
    })),
};

type Following = { client: ApiClient; conversationId: string; generationId: string; model: string; reader: Reader };

async function measureDeploy(rig: Rig, streams: number, deployMs: number): Promise<Run> {
  await using site = await rig.startSite();
  const clients = await Promise.all(Array.from({ length: GUESTS }, () => createGuest(site.url)));
  const startedAt = performance.now();
  const following = await Promise.all(
    Array.from({ length: streams }, async (_, index) => {
      await sleep((index * WINDOW_MS) / streams);
      return ask(clients, index, index < streams * SILENT_SHARE ? silentModel(deployMs) : MODEL);
    }),
  );
  await sleep(startedAt + deployMs - performance.now());
  const deployedAt = performance.now();
  await site.deploy();
  const awayMs = performance.now() - deployedAt;
  const ends = await Promise.all(following.map((one) => readEnd(one, deployedAt)));
  const config: ConfigAnswer = JSON.parse(await (await fetch(`${site.url}/api/config`)).text());
  const failures = ends.flatMap(({ failure }) => failure ?? []);
  if (config.version !== NEXT_VERSION) failures.push(`the old code still answers: ${config.version}`);
  return createRun({ away: awayMs, ...describeEnds(ends) }, ends.length, failures);
}

function ask(clients: readonly ApiClient[], index: number, model: string): Following {
  const client = clients[index % clients.length];
  if (client === undefined) throw new Error("There is no guest.");
  const [conversationId, generationId] = [newId(), newId()];
  const first = client.send(conversationId, { id: generationId, text: "Go on.", model });
  return {
    client,
    conversationId,
    generationId,
    model,
    reader: startReader({ client, conversationId, generationId, first }),
  };
}

type End = {
  state: string;
  failure: string | null;
  firstByteMs: number | null;
  settledMs: number | null;
  lostMs: number;
};

async function readEnd(following: Following, deployedAt: number): Promise<End> {
  const { client, conversationId, generationId, model, reader } = following;
  const end = await reader.end.catch((error: unknown) => String(error));
  const settledMs = performance.now() - deployedAt;
  if (typeof end === "string") return { state: "none", failure: end, firstByteMs: null, settledMs: null, lostMs: 0 };
  const { growth, text, faults } = reader;
  const { messages, live } = await client.snapshot(conversationId);
  const stored = messages.find((message) => message.role === "assistant" && message.generationId === generationId);
  const back = growth.find(({ at }) => at > deployedAt);
  return {
    state: end.state,
    failure: faults[0] ?? (live === null ? checkText(end.state, text, expectedText(model), stored) : "still live"),
    firstByteMs: back === undefined ? null : back.at - deployedAt,
    settledMs,
    lostMs: lostMsOf(
      growth.filter(({ at }) => at <= deployedAt),
      text.length,
    ),
  };
}

function checkText(state: string, text: string, whole: string, stored: Message | undefined): string | null {
  if (state !== "complete" && state !== "interrupted") return `ended as ${state}`;
  if (state === "complete" ? text !== whole : !whole.startsWith(text)) return `wrong text, ${state}`;
  return stored?.text === text && stored.state === state ? null : "what is stored is not what was shown";
}

/** From the last moment at which no more was shown than is kept, until the last growth before the deploy. */
function lostMsOf(growth: Reader["growth"], kept: number): number {
  const last = growth.at(-1);
  const whole = growth.findLast(({ length }) => length <= kept);
  return last === undefined || whole === undefined ? 0 : last.at - whole.at;
}

function describeEnds(ends: readonly End[]): ExtraValues {
  const share = (state: string) => (ends.filter((end) => end.state === state).length / ends.length) * 100;
  const first = ends.flatMap(({ firstByteMs }) => firstByteMs ?? []);
  return {
    "first byte p50": quantile(first, 0.5),
    "first byte p95": quantile(first, 0.95),
    "settled p95": quantile(
      ends.flatMap(({ state, settledMs }) => (state === "interrupted" ? (settledMs ?? []) : [])),
      0.95,
    ),
    complete: share("complete"),
    interrupted: share("interrupted"),
    "lost p95": quantile(
      ends.map(({ lostMs }) => lostMs),
      0.95,
    ),
  };
}
