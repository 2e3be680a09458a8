import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { newId } from "../../dev/api-client.ts";
import { Journal } from "./journal.ts";
import { UNINDEXED_MESSAGES } from "./schema.ts";
import { recordOf } from "./test-records.ts";

test("messages are found by id in a short conversation without an index, and in a longer one by one (promise 16)", async () => {
  const object = env.CONVERSATIONS.get(env.CONVERSATIONS.idFromName(newId()));
  await runInDurableObject(object, (_, { storage: { sql } }) => {
    const indexes = () => sql.exec("select name from sqlite_master where type = 'index'").toArray().length;
    let journal = new Journal(sql);
    journal.create(recordOf(1));
    const insert = (seq: number) => {
      const tree = { parentSeq: seq === 1 ? null : seq - 1, parentId: seq === 1 ? null : `m${seq - 1}` };
      const words = { role: "user", text: "?", rev: seq, createdAt: 1, answer: null } as const;
      journal.insertMessage({ seq, id: `m${seq}`, ...tree, ...words });
      expect(journal.findMessage(`m${seq}`)).toMatchObject({ seq, ...tree });
      expect(journal.findMessage(`m${seq + 1}`)).toBeNull();
    };
    for (let seq = 1; seq <= UNINDEXED_MESSAGES; seq++) insert(seq);
    expect(indexes()).toBe(0);
    for (let seq = UNINDEXED_MESSAGES + 1; seq <= 3 * UNINDEXED_MESSAGES; seq++) {
      insert(seq);
      expect(indexes()).toBe(1);
      journal = new Journal(sql);
      expect(journal.readConversation()).not.toBeNull(); // A new life finds the index there.
    }
    const plan = sql.exec("explain query plan select key from entry where id = 'm1'").toArray();
    expect(JSON.stringify(plan)).toContain("message_id");
  });
});
