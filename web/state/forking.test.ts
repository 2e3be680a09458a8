import { expect, test } from "vitest";
import { CONVERSATION, openConversation } from "../testing/test-app.ts";

const UUID_7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/;

async function openForking() {
  const opened = await openConversation();
  const { tab, message } = opened;
  const fork = async (text = "Yes.") => {
    void tab.app.forking.fork(CONVERSATION, message(text).id);
    await tab.settle();
  };
  const titles = () => tab.app.conversations.items.value.map(({ id, title }) => [id, title]);
  return { ...opened, fork, titles };
}

test("a fork is a conversation of its own with the branch up to that message: opened, and first in the list", async () => {
  const { tab, server, posts, message, fork, titles } = await openForking();
  const yes = message("Yes.").id;
  await fork();
  const { id } = tab.app.open.value;
  expect(posts()).toEqual([{ id, messageId: yes }]);
  expect(id).toMatch(UUID_7);
  expect(tab.visited.at(-1)).toBe(`/c/${id}`);
  expect(tab.texts()).toEqual(["One?", "Yes."]);
  expect(titles()).toEqual([
    [id, "Seeded"],
    [CONVERSATION, "Seeded"],
  ]);
  await tab.say("Three?");
  expect(server.conversations.get(CONVERSATION)?.messages).toHaveLength(4);
});

test("a fork whose line broke is asked for again under the same id, and one that was made makes room for another", async () => {
  const { tab, server, posts, fork } = await openForking();
  server.refuse(/POST .*forks/, "network");
  await fork();
  expect(tab.app.open.value.id).toBe(CONVERSATION);
  expect(tab.app.notices.shown.value).toHaveLength(1);
  await fork();
  tab.app.router.go(CONVERSATION);
  await tab.settle();
  await fork();
  const [first, again, another] = posts().map((body) => (body as { id: string }).id);
  expect(again).toBe(first);
  expect(another).not.toBe(first);
});

test("a fork that is refused is said with the server's reason, and leads nowhere", async () => {
  const { tab, server, fork } = await openForking();
  server.refuse(/POST .*forks/, { status: 413, code: "branch_too_long", detail: "The branch is too long to fork." });
  await fork();
  expect(tab.app.notices.shown.value.map(({ words }) => words)).toEqual(["The branch is too long to fork."]);
  expect([tab.visited.at(-1), tab.app.forking.isForking.value]).toEqual([`/c/${CONVERSATION}`, false]);
});

test("while a fork is on its way there is no second one, and whoever has gone elsewhere is left there", async () => {
  const { tab, server, posts, fork, titles } = await openForking();
  const release = server.hold(/POST .*forks/);
  await fork();
  await fork("No.");
  expect([posts().length, tab.app.forking.isForking.value]).toEqual([1, true]);
  tab.app.newChat();
  release();
  await tab.settle();
  expect([tab.visited.at(-1), tab.app.forking.isForking.value]).toEqual(["/", false]);
  expect(titles()).toHaveLength(2);
  expect(tab.app.notices.shown.value).toHaveLength(1);
});
