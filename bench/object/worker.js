// The least that keeps an answer: an object for each conversation, which stores the question, arms an alarm, reads the
// model in a loop that no request awaits, a quarter of a second's worth at a time, and stores what came by the second. It
// has no session, no limits, no owner and no database, parses nothing and can resume nothing: what it costs, nearly all
// is the platform's.

import { DurableObject } from "cloudflare:workers";

const FLUSH_MS = 1_000;
const ALARM_MS = 10_000;
const GATHER_BYTES = 2_560;
const ROOM_BYTES = 4_096;

/** @typedef {{ MODEL_URL: string, OBJECTS: DurableObjectNamespace<BareObject> }} Env */

export default {
  /** @param {Request} request @param {Env} env */
  fetch(request, env) {
    // By a name it is asked again: so that it can be warmed without a new object for each question.
    const { pathname } = new URL(request.url);
    const id = pathname === "/" ? env.OBJECTS.newUniqueId() : env.OBJECTS.idFromName(pathname);
    return env.OBJECTS.get(id).fetch(request);
  },
};

/** @extends {DurableObject<Env>} */
export class BareObject extends DurableObject {
  /** @param {Request} request */
  async fetch(request) {
    const question = await request.text();
    const answering = fetch(`${this.env.MODEL_URL}/chat/completions`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: question,
    });
    const { sql } = this.ctx.storage;
    sql.exec("create table if not exists message (id integer primary key, question text, body text, state text)");
    sql.exec("insert or replace into message values (1, ?, '', 'streaming')", question);
    void this.ctx.storage.setAlarm(Date.now() + ALARM_MS);
    const answer = await answering;
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    if (answer.body !== null) void this.follow(answer.body, writer).catch((error) => writer.abort(error));
    return new Response(readable, {
      status: answer.status,
      headers: { "Content-Type": "text/event-stream", "Cache-Control": "no-store, no-transform" },
    });
  }

  /** @param {ReadableStream<Uint8Array>} body @param {WritableStreamDefaultWriter<Uint8Array>} writer */
  async follow(body, writer) {
    const { sql } = this.ctx.storage;
    const reader = body.getReader({ mode: "byob" });
    const decoder = new TextDecoder();
    let pending = "";
    let flushedAt = Date.now();
    let isFirst = true;
    for (;;) {
      const least = isFirst ? 1 : GATHER_BYTES;
      const { done, value } = await reader.readAtLeast(least, new Uint8Array(ROOM_BYTES));
      isFirst = false;
      if (value !== undefined && value.byteLength > 0) {
        pending += decoder.decode(value, { stream: true });
        void writer.write(value);
      }
      if (done) break;
      if (Date.now() - flushedAt < FLUSH_MS) continue;
      sql.exec("update message set body = body || ? where id = 1", pending);
      pending = "";
      flushedAt = Date.now();
    }
    sql.exec("update message set body = body || ?, state = 'complete' where id = 1", pending);
    void this.ctx.storage.deleteAlarm();
    await writer.close();
  }

  alarm() {}
}
