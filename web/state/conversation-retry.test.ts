import { expect, test } from "vitest";
import { CONVERSATION, openAnswering, openConversation } from "../testing/test-app.ts";

/** A conversation that is open under a bell that is heard, and how often it was read since. */
async function openHeard() {
  const open = await openConversation();
  const { server, conversation } = open;
  expect(conversation.isHeard.value).toBe(true);
  const reads = () => server.requests.filter(({ path }) => path.includes(`${CONVERSATION}?since`)).length;
  return { ...open, reads };
}

test("what rang and could not be read is read as soon as it can be, though nothing rings again", async () => {
  const { tab, conversation, stored, server, reads } = await openHeard();
  stored.title = "New";
  server.refuse(/GET .*since/, { status: 503, code: "unavailable", retryAfterMs: 5_000 });
  server.refuse(/GET .*since/, "network");
  server.ring(CONVERSATION);
  await tab.settle();
  expect([conversation.title.value, reads()]).toEqual(["Seeded", 1]);
  await tab.clock.advance(5_000);
  expect([conversation.title.value, reads()]).toEqual(["Seeded", 2]);
  await tab.clock.advance(30_000);
  expect([conversation.title.value, reads()]).toEqual(["New", 3]);
  await tab.clock.advance(120_000);
  expect(reads()).toBe(3);
});

test("an answer whose reader was refused, and then its snapshot, does not stay as if it were being written", async () => {
  const { tab, id, server } = await openAnswering();
  server.refuse(/GET .*stream$/, { status: 409, code: "cursor_ahead" });
  server.refuse(/GET .*conversations\/[^/]+$/, "network");
  server.cut(id);
  await tab.settle();
  server.say(id, "of the moon.");
  server.end(id);
  server.refuse(/GET .*conversations\/[^/]+$/, "network");
  await tab.settle();
  const { branching, isHeard } = tab.app.open.value;
  expect(branching.branch.value.at(-1)?.state).toBe("streaming");
  await tab.clock.advance(31_000);
  expect(isHeard.value).toBe(true);
  expect(tab.texts()).toEqual(["Why?", "Because of the moon."]);
  expect(branching.branch.value.at(-1)?.state).toBe("complete");
});

test("nothing is asked for again where nobody looks", async () => {
  const { tab, server, reads } = await openHeard();
  server.refuse(/GET .*since/, "network");
  server.ring(CONVERSATION);
  await tab.settle();
  tab.app.newChat();
  await tab.clock.advance(60_000);
  expect(reads()).toBe(1);

  // Nor what fails when they have gone already.
  tab.app.router.go(CONVERSATION);
  await tab.settle();
  server.hold(/GET .*since/);
  tab.app.look();
  await tab.settle();
  const before = reads();
  tab.app.newChat();
  await tab.clock.advance(120_000);
  expect(reads()).toBe(before);
});
