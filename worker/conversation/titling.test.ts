import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test, vi } from "vitest";
import { newId, readStream } from "../../dev/api-client.ts";
import { FAST, guest, model } from "../test-client.ts";
import { Memory } from "./memory.ts";
import { regenerate } from "./regenerating.ts";
import { send } from "./sending.ts";
import { writeTitle } from "./titling.ts";

const objectOf = (conversationId: string) => env.CONVERSATIONS.get(env.CONVERSATIONS.idFromName(conversationId));

/** The title that a configured model gives a conversation, while `meanwhile` happens to it. */
async function titleWith(
  titleModel: string,
  meanwhile: (memory: Memory) => void = () => undefined,
  before: (memory: Memory) => void = () => undefined,
): Promise<string | undefined> {
  const client = await guest();
  const cid = newId();
  await readStream(await client.send(cid, { id: newId(), text: "the first line", model: FAST }));
  return runInDurableObject(objectOf(cid), async (_, state) => {
    const memory = new Memory(state, { ...env, TITLE_MODEL: titleModel });
    before(memory);
    const writing = writeTitle(memory);
    meanwhile(memory);
    await writing;
    return memory.record?.title;
  });
}

test("a configured model names a conversation after its first answer", async () => {
  const title = await titleWith(model("first=1,rate=0,tokens=4,seed=3"));
  expect(title).not.toBe("the first line");
  expect(title?.length).toBeGreaterThan(2);
});

test("without a model, with one that fails, and with one that makes a speech, the first line stays", async () => {
  for (const name of [
    "",
    model("first=1,rate=0,tokens=4,fault=status-503"),
    model("first=1,rate=0,tokens=4,fault=cut@2"),
    model("first=1,rate=0,tokens=400"),
  ]) {
    expect(await titleWith(name), name).toBe("the first line");
  }
});

test("a title that a person gave is left alone, while the answer was written or while the model thought", async () => {
  const rename = ({ record }: Memory) => {
    if (record !== null) record.title = "mine";
  };
  expect(await titleWith(model("first=20,rate=0,tokens=4"), rename)).toBe("mine");
  expect(await titleWith(model("first=1,rate=0,tokens=4"), undefined, rename)).toBe("mine");
});

test("a title is asked for once: not after more of the first answer, nor after another beside it", async () => {
  const [conversationId, id] = [newId(), newId()];
  const titleModel = model("first=1,rate=0,tokens=4,seed=3");
  await runInDurableObject(objectOf(conversationId), async (_, state) => {
    const memory = new Memory(state, { ...env, LIMITS: "off", TITLE_MODEL: titleModel });
    const stream = vi.spyOn(memory.services.provider, "stream");
    const asked = () => stream.mock.calls.filter(([prompt]) => prompt.model === titleModel).length;
    const ended = () => expect.poll(() => memory.live).toBeNull();
    const owner = { id: newId(), kind: "guest" } as const;
    const call = { conversationId, owner, address: "ip:1", params: {}, isVerdictFirst: false, wantsStream: false };

    await send(memory, { ...call, request: { id, text: "the first line", model: FAST } });
    await ended();
    expect(asked()).toBe(1);
    await expect.poll(() => memory.record?.title).not.toBe("the first line");
    // As a person may call it, too.
    if (memory.record !== null) memory.record.title = "the first line";
    const messageId = memory.journal.messageAt(2)?.id ?? "";
    for (const kind of ["continue", "regenerate", "continue"] as const) {
      const started = await regenerate(memory, { ...call, request: { id: newId(), messageId, kind, model: FAST } });
      expect(started.ok).toBe(true);
      await ended();
    }
    expect(asked()).toBe(1);
    expect(memory.record?.title).toBe("the first line");
  });
});
