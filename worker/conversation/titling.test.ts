import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { newId, readStream } from "../../dev/api-client.ts";
import { FAST, guest, model } from "../test-client.ts";
import { Memory } from "./memory.ts";
import { writeTitle } from "./titling.ts";

const objectOf = (conversationId: string) => env.CONVERSATIONS.get(env.CONVERSATIONS.idFromName(conversationId));

/** The title that a configured model gives a conversation, while `meanwhile` happens to it. */
async function titleWith(
  titleModel: string,
  meanwhile: (memory: Memory) => void = () => undefined,
): Promise<string | undefined> {
  const client = await guest();
  const cid = newId();
  await readStream(await client.send(cid, { id: newId(), text: "the first line", model: FAST }));
  return runInDurableObject(objectOf(cid), async (_, state) => {
    const memory = new Memory(state, { ...env, TITLE_MODEL: titleModel });
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

test("a title that a person gave meanwhile is left alone", async () => {
  const title = await titleWith(model("first=20,rate=0,tokens=4"), (memory) => {
    if (memory.record !== null) memory.record.title = "mine";
  });
  expect(title).toBe("mine");
});
