// What the list asks of Postgres, by what comes over the line.

import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { POSTGRES, withFault } from "../test-network.ts";
import { createDatabase } from "./client.ts";
import { listConversations } from "./conversations.ts";
import { createOutboxWriter } from "./outbox-writer.ts";
import { conversationOf } from "./test-rows.ts";

test("the list brings what it shows: a long system prompt stays where it is", async () => {
  const database = createDatabase({ url: env.DATABASE_URL, fetchEndpoint: env.NEON_FETCH_ENDPOINT });
  const conversation = conversationOf({ system: "s".repeat(100_000) });
  expect(await createOutboxWriter(database).write(conversation, [])).toBeNull();
  const lengths: number[] = [];
  const items = await withFault(
    POSTGRES,
    async (pass) => {
      const response = await pass();
      const body = await response.text();
      lengths.push(body.length);
      return new Response(body, response);
    },
    () => listConversations(database, conversation.ownerId, 10, null),
  );
  expect(items).toEqual([
    {
      id: conversation.id,
      title: conversation.title,
      model: conversation.model,
      createdAt: new Date(conversation.createdAt).toISOString(),
      updatedAt: new Date(conversation.updatedAt).toISOString(),
      pinned: false,
      archived: false,
    },
  ]);
  expect(lengths).toHaveLength(1);
  expect(lengths[0]).toBeLessThan(5_000);
});
