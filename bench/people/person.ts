// One person of a plan: comes, and does one thing after another. Every call is timed; what was read is judged when the
// plan is over.

import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod/mini";
import { newId } from "../../dev/api-client.ts";
import { expectedText } from "../../dev/simulated-text.ts";
import { readAnswer } from "../load/format.ts";
import type { StreamRequest } from "../load/job.ts";
import { judge } from "../load/judge.ts";
import { type Agents, now, receive, type Received } from "../load/stream.ts";
import { QUESTION } from "../rig/requests.ts";
import { type Answered, call } from "./call.ts";
import type { Act, Get, Plan, Sample } from "./plan.ts";

export type World = {
  plan: Plan;
  agents: Agents;
  /** From 0 to 1. */
  random: () => number;
  note(call: NotedCall): void;
};

/** What `judge` finds wanting is known only when the plan is over. */
export type NotedCall = Omit<Sample, "tokens" | "failure"> & { judge(): Promise<Pick<Sample, "tokens" | "failure">> };

const HALF_WAY_MS = { least: 300, most: 1_800 }; // When a person stops an answer, or loses the line to it.
const AWAY_MS = 200;
const NOT_TAKEN_MS = 5_000; // Until the send has been taken there is nothing to stop.

export function createPerson({ plan, agents, random, note }: World, index: number) {
  const { target, model } = plan;
  const isFaithful = random() < plan.faithful;
  let cookie: string | null = null;
  let conversationId = newId();

  async function perform(act: Act): Promise<void> {
    switch (act.type) {
      case "open":
        return open();
      case "list":
        return list();
      case "get":
        return get(act);
      case "ask":
        return ask();
      case "stop":
        return stop();
      case "reload":
        return reload();
    }
  }

  async function open(): Promise<void> {
    const begun = await fetchOnce("session", "POST", "/api/session/guest", 200, cookie);
    cookie = begun.cookie ?? cookie;
    await list();
  }

  async function list(): Promise<void> {
    await fetchOnce("list", "GET", "/api/conversations", 200, cookie, checkList);
  }

  async function get({ name, paths, status, cookie }: Get): Promise<void> {
    await fetchOnce(name, "GET", paths[index % paths.length] ?? "/", status, cookie);
  }

  async function ask(): Promise<void> {
    const question = createQuestion();
    noteAnswer("ask", question, await receive(question, agents, now()));
  }

  async function reload(): Promise<void> {
    const question = createQuestion();
    const atMs = halfWay();
    const cut = { atMs, resumeAtMs: atMs + AWAY_MS, url: urlOf(question.id, "stream") };
    noteAnswer("resume", question, await receive({ ...question, cut }, agents, now()));
    await fetchOnce("open", "GET", `/api/conversations/${conversationId}`, 200, cookie);
  }

  async function stop(): Promise<void> {
    const question = createQuestion();
    const receiving = receive(question, agents, now());
    await sleep(halfWay());
    const stopCall = { method: "POST", url: urlOf(question.id, "stop"), cookie } as const;
    let stopping = await call(stopCall, agents);
    const deadline = now() + NOT_TAKEN_MS;
    while (stopping.status === 404 && now() < deadline) stopping = await call(stopCall, agents);
    const received = await receiving;
    noteCall("stop", stopping, 200, (body) => checkStop(body, received, model));
  }

  /** In the conversation that the person is in, or, for one who is not faithful, in a new one. */
  function createQuestion(): StreamRequest & { id: string } {
    const id = newId();
    if (target.type === "pipe") {
      const messages = [{ role: "user", content: QUESTION }];
      const body = JSON.stringify({ model, messages, stream: true, stream_options: { include_usage: true } });
      return { id, method: "POST", url: target.url, headers: JSON_TYPE, body, format: "openai", model };
    }
    if (!isFaithful) conversationId = newId();
    return {
      id,
      method: "POST",
      url: `${target.url}/api/conversations/${conversationId}/messages`,
      headers: { ...JSON_TYPE, Accept: "text/event-stream", Cookie: cookie ?? "" },
      body: JSON.stringify({ id, text: QUESTION, model }),
      format: "brink",
      model,
      ...(plan.isReal === true && { storedAt: `${target.url}/api/conversations/${conversationId}` }),
    };
  }

  function noteAnswer(name: string, asked: StreamRequest, received: Received): void {
    const { sentAt: at, firstAt, endedAt } = received;
    note({ name, person: index, at, firstAt, endedAt, judge: () => judge(asked, received) });
  }

  async function fetchOnce(
    name: string,
    method: "GET" | "POST",
    path: string,
    status: number,
    cookie: string | null,
    check?: (body: string) => string | null,
  ): Promise<Answered> {
    const answered = await call({ method, url: `${target.url}${path}`, cookie }, agents);
    noteCall(name, answered, status, check);
    return answered;
  }

  function noteCall(name: string, answered: Answered, wanted: number, check?: (body: string) => string | null): void {
    const { at, endedAt, status, error, body } = answered;
    const wrongStatus = status === wanted ? null : `status ${status}: ${body.slice(0, 300)}`;
    const judgeIt = async () => ({ tokens: 0, failure: error ?? wrongStatus ?? check?.(body) ?? null });
    note({ name, person: index, at, firstAt: null, endedAt, judge: judgeIt });
  }

  const urlOf = (id: string, what: string) =>
    `${target.url}/api/conversations/${conversationId}/generations/${id}/${what}`;
  const halfWay = () => HALF_WAY_MS.least + random() * (HALF_WAY_MS.most - HALF_WAY_MS.least);

  return { perform };
}

const JSON_TYPE = { "Content-Type": "application/json" };

const listSchema = z.object({ items: z.array(z.object({ id: z.string() })) });
const stopSchema = z.object({ state: z.enum(["stopped", "complete"]), length: z.number() });

function checkList(body: string): string | null {
  return listSchema.safeParse(parseJson(body)).success ? null : `no list: ${body.slice(0, 300)}`;
}

/** What the reader was shown is what the stop says was kept, and is the model's own text up to there. */
function checkStop(body: string, { bodies, failure }: Received, model: string): string | null {
  const answer = stopSchema.safeParse(parseJson(body));
  if (!answer.success) return `no stop: ${body.slice(0, 300)}`;
  if (failure !== null) return failure;
  const { state, length } = answer.data;
  const reading = readAnswer("brink", bodies);
  const wanted = state === "complete" ? null : "ended as stopped";
  if (reading.failure !== wanted) return reading.failure ?? `${state}, but the stream ended as complete`;
  if (reading.text.length !== length) return `stopped at ${length}, but ${reading.text.length} were shown`;
  return expectedText(model).startsWith(reading.text) ? null : "wrong text before the stop";
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
