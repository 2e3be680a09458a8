// One conversation: its only writer. Orders what is sent, owns the call to the model, and finds itself again after a
// crash. Each method asks who calls before it says anything; none throws what it can answer.

import { DurableObject } from "cloudflare:workers";
import type { PatchRequest, StopAnswer } from "../../protocol/api.ts";
import { formatCursor, parseCursor } from "../../protocol/cursor.ts";
import type { StoredConversation } from "../core/owed.ts";
import type { Env } from "../env.ts";
import { placeOf } from "../telemetry/log.ts";
import type { AnswerLog, Position } from "./answer-log.ts";
import { recover } from "./answering.ts";
import { answerClose } from "./bell.ts";
import {
  type Answer,
  ATTACH_PATH,
  type AttachCall,
  BELL_PATH,
  type ConversationCalls,
  GENERATE_PATH,
  type GenerationCall,
  type Owner,
  OWNER_HEADER,
  readAttachCall,
  type Refusal,
  REFUSAL_HEADER,
  REQUEST_ID_HEADER,
  SEND_PATH,
  type SendCall,
  type SnapshotCall,
} from "./calls.ts";
import { erase } from "./erasing.ts";
import { beginFork, openFork, readBranch } from "./forking.ts";
import { findAnswer, findGeneration } from "./find-answer.ts";
import { leaseOf, Memory } from "./memory.ts";
import { rebuildIfLost } from "./rebuilding.ts";
import type { ConversationRecord } from "./rows.ts";
import { regenerate } from "./regenerating.ts";
import { send } from "./sending.ts";
import { refuse, type Started } from "./starting.ts";
import { readSnapshot, toItem } from "./snapshot.ts";

const LIST_WAIT_MS = 1_000; // A change is answered when the list shows it too, or after this long without it.

const notFound = refuse({ code: "not_found" });

export class Conversation extends DurableObject<Env> implements ConversationCalls {
  readonly #memory: Memory;

  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    this.#memory = new Memory(state, env);
  }

  get #id(): string {
    return this.ctx.id.name ?? "";
  }

  override async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const { pathname } = url;
    try {
      if (pathname === SEND_PATH) {
        const call = await request.json<SendCall>();
        // A parent that is not here may be one that was lost.
        const lost = call.request.parentId == null ? null : await rebuildIfLost(this.#memory, this.#id, call.owner.id);
        if (lost !== null) return answerRefusal(lost);
        return this.#acknowledge(call, await send(this.#memory, call));
      }
      if (pathname === GENERATE_PATH) {
        const call = await request.json<GenerationCall>();
        const lost = await rebuildIfLost(this.#memory, this.#id, call.owner.id);
        if (lost !== null) return answerRefusal(lost);
        return this.#acknowledge(call, await regenerate(this.#memory, call));
      }
      if (pathname === ATTACH_PATH) return await this.#attach(readAttachCall(url.searchParams));
      if (pathname === BELL_PATH) {
        const { headers } = request;
        return await this.#openBell(headers.get(OWNER_HEADER) ?? "", headers.get(REQUEST_ID_HEADER) ?? "");
      }
      return answerRefusal({ code: "not_found" });
    } catch (error) {
      this.#memory.services.log.error("bug", { at: pathname, error: placeOf(error) });
      return answerRefusal({ code: "internal" });
    }
  }

  #acknowledge({ wantsStream }: { wantsStream: boolean }, started: Answer<Started>): Response {
    if (!started.ok) return answerRefusal(started.refusal);
    const { log, isNew } = started.value;
    if (wantsStream) return this.#stream(log, null, isNew);
    const { generationId, messageId, userMessageId } = log.start;
    // From the start, whenever it is asked: the same request gets the same answer.
    const cursor = formatCursor(generationId, 1, 0);
    return Response.json({ generationId, messageId, userMessageId, cursor }, { status: 202 });
  }

  /** The conversation for its owner: after a crash, recovered; after a loss, rebuilt. */
  async #open(ownerId: string): Promise<Answer<ConversationRecord>> {
    const lost = await rebuildIfLost(this.#memory, this.#id, ownerId);
    if (lost !== null) return refuse(lost);
    recover(this.#memory);
    // What is owed hangs on an alarm, which a version before this one may have used up.
    this.#memory.keepAlarm();
    const record = this.#memory.recordFor(ownerId);
    return record === null ? notFound : { ok: true, value: record };
  }

  async #attach({ ownerId, generationId, cursor }: AttachCall): Promise<Response> {
    const opened = await this.#open(ownerId);
    if (!opened.ok && this.#memory.pending === null) return answerRefusal(opened.refusal);
    const log = await this.#find(ownerId, generationId);
    if (log === null) return answerRefusal({ code: "not_found" });
    if (cursor === null) return this.#stream(log, null);
    const position = parseCursor(cursor);
    if (position === null || position.generationId !== generationId) return answerRefusal({ code: "bad_cursor" });
    return log.has(position) ? this.#stream(log, position) : answerRefusal({ code: "cursor_ahead" });
  }

  #stream(log: AnswerLog, from: Position | null, isStarter = false): Response {
    const stream = this.#memory.readers.open(log, from, isStarter);
    if (stream === null) return answerRefusal({ code: "too_many_readers", retryAfterMs: 5_000 });
    return new Response(stream, {
      headers: { "Content-Type": "text/event-stream", "Cache-Control": "no-store, no-transform" },
    });
  }

  /** A generation's log, for the owner; a send that is not acknowledged yet is waited for. */
  async #find(ownerId: string, generationId: string): Promise<AnswerLog | null> {
    recover(this.#memory);
    if (this.#memory.pending?.id === generationId) await this.#memory.pending.settled;
    return this.#memory.recordFor(ownerId) === null ? null : findAnswer(this.#memory, generationId);
  }

  async #openBell(ownerId: string, requestId: string): Promise<Response> {
    const opened = await this.#open(ownerId);
    if (!opened.ok) return answerRefusal(opened.refusal);
    const upgraded = this.#memory.bell.open(this.#memory.ringOf(opened.value), requestId);
    return upgraded ?? answerRefusal({ code: "too_many_readers", retryAfterMs: 5_000 });
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    answerClose(socket, code);
  }
  /** A line broke: nothing to do, and it must be said so, or the platform calls it an error. */
  override webSocketError(): void {}
  /** Only `ping` is spoken here, and the platform answers it. */
  override webSocketMessage(): void {}

  async snapshot({ ownerId, since, before, limit }: SnapshotCall): Promise<Answer<string | null>> {
    const opened = await this.#open(ownerId);
    if (!opened.ok) return opened;
    const record = opened.value;
    const { journal, live } = this.#memory;
    if (since === record.rev) return { ok: true, value: null };
    return { ok: true, value: JSON.stringify(readSnapshot(record, journal, live, before, limit)) };
  }

  async stop(ownerId: string, generationId: string): Promise<Answer<StopAnswer>> {
    const opened = await this.#open(ownerId);
    if (!opened.ok && this.#memory.pending === null) return opened;
    if ((await this.#find(ownerId, generationId)) === null) return notFound;
    const { live } = this.#memory;
    if (live?.generation.id === generationId) {
      live.dispatch({ type: "stop" });
      return { ok: true, value: { state: live.generation.state, length: live.generation.length } };
    }
    const generation = findGeneration(this.#memory, generationId)?.answer.generation;
    return generation === undefined
      ? notFound
      : { ok: true, value: { state: generation.state, length: generation.length } };
  }

  async patch(ownerId: string, patch: PatchRequest): Promise<Answer<string>> {
    const opened = await this.#open(ownerId);
    if (!opened.ok) return opened;
    const record = opened.value;
    const { journal } = this.#memory;
    const { activeLeafId, ...columns } = patch;
    const leaf = activeLeafId === undefined ? null : journal.findMessage(activeLeafId);
    if (activeLeafId !== undefined && leaf === null) {
      return refuse({
        code: "bad_body",
        errors: [{ path: "activeLeafId", message: "is no message of this conversation" }],
      });
    }
    assign(record, columns);
    if (leaf !== null) record.activeLeaf = leaf.seq;
    this.#memory.touch(record, null);
    journal.saveConversation(record);
    this.#memory.announce();
    return this.#answerItem(record);
  }

  async remove(ownerId: string): Promise<Answer<null>> {
    const lost = await rebuildIfLost(this.#memory, this.#id, ownerId);
    if (lost !== null) return refuse(lost);
    recover(this.#memory);
    const { record, live } = this.#memory;
    if (record === null || record.owner !== ownerId) return notFound;
    if (record.deletedAt === null) {
      live?.dispatch({ type: "deleted" });
      erase(this.#memory, record);
    }
    await this.#settleList();
    return { ok: true, value: null };
  }

  async readBranch(ownerId: string, messageId: string): Promise<Answer<StoredConversation>> {
    const opened = await this.#open(ownerId);
    return opened.ok ? readBranch(this.#memory, opened.value, messageId) : opened;
  }

  async openFork(owner: Owner, address: string, messageId: string): Promise<Answer<string | null>> {
    recover(this.#memory);
    const opened = await openFork(this.#memory, this.#id, owner, address, messageId);
    if (!opened.ok) return opened;
    return opened.value === null ? { ok: true, value: null } : this.#answerItem(opened.value);
  }

  async beginFork(owner: Owner, source: StoredConversation): Promise<Answer<string>> {
    recover(this.#memory);
    const begun = beginFork(this.#memory, this.#id, owner, source);
    return begun.ok ? this.#answerItem(begun.value) : begun;
  }

  async #answerItem(record: ConversationRecord): Promise<Answer<string>> {
    await this.#settleList();
    return { ok: true, value: JSON.stringify(toItem(record)) };
  }

  async #settleList(): Promise<void> {
    await Promise.race([this.#memory.drain(), scheduler.wait(LIST_WAIT_MS)]);
  }

  /** Heartbeat, recovery and outbox in one. Never throws: the platform gives up on an alarm that does. */
  override async alarm(): Promise<void> {
    const memory = this.#memory;
    memory.alarmFired();
    try {
      recover(memory);
      const { live, record, services } = memory;
      if (live !== null && record !== null) {
        const lease = leaseOf(record.id, live.generation.id);
        void services.limiter.renew({ user: `user:${record.owner}`, lease });
      }
      // Armed again before anything is awaited: a hang below must not be the last thing this object does.
      memory.schedule();
      await memory.drain();
    } catch (error) {
      memory.services.log.error("bug", { at: "alarm", error: placeOf(error) });
      memory.schedule();
    }
  }
}

function answerRefusal(refusal: Refusal): Response {
  return Response.json(refusal, { headers: { [REFUSAL_HEADER]: refusal.code } });
}

function assign(record: ConversationRecord, patch: Omit<PatchRequest, "activeLeafId">): void {
  if (patch.title !== undefined) record.title = patch.title;
  if (patch.model !== undefined) record.model = patch.model;
  if (patch.system !== undefined) record.system = patch.system;
  if (patch.pinned !== undefined) record.pinned = patch.pinned;
  if (patch.archived !== undefined) record.archived = patch.archived;
}
