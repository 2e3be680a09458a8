import { expect, test } from "vitest";
import type { Live } from "../../protocol/api.ts";
import { createRevisions } from "./revisions.ts";

const live = (generationId: string, state: Live["state"]): Live => {
  return { generationId, messageId: "a", attempt: 1, state, cursor: "", text: "" };
};

/** What is read and what is not, for rings heard one after the other; `g` is followed here. */
function newsOf(rings: [rev: number, live: string | null][], revisions = createRevisions(), followed = "g") {
  return rings.map(([rev, generation]) => revisions.isNews({ rev, live: generation }, followed));
}

function readAt(rev: number, under: Live | null = null) {
  const revisions = createRevisions();
  revisions.read(rev, under);
  return revisions;
}

test("with nothing known everything is news; what is known is none", () => {
  expect(newsOf([[3, null]])).toEqual([true]);
  expect(newsOf([[3, null]], readAt(3))).toEqual([false]);
});

test("an answer that is followed here is no news when it is taken, begins to speak and ends", () => {
  const revisions = readAt(3);
  expect(newsOf([[4, "g"], [5, "g"], [6, null]], revisions)).toEqual([false, false, false]); // prettier-ignore
  expect(revisions.known).toBe(6);
});

test("a title, which comes after the end, is news", () => {
  expect(newsOf([[4, "g"], [5, "g"], [6, null], [7, null]], readAt(3))).toEqual([false, false, false, true]); // prettier-ignore
});

test("a change of somebody else's while an answer is written is news, as one too many", () => {
  expect(newsOf([[4, "g"], [5, "g"], [6, "g"]], readAt(3))).toEqual([false, false, true]); // prettier-ignore
});

test("a step that was missed is news: more than one thing has happened", () => {
  expect(newsOf([[5, "g"]], readAt(3))).toEqual([true]);
});

test("somebody else's answer is news, and so is its end", () => {
  expect(newsOf([[4, "other"], [4, null]], readAt(3))).toEqual([true, true]); // prettier-ignore
});

test("an answer found under way has fewer steps to go", () => {
  expect(newsOf([[4, "g"], [5, null]], readAt(3, live("g", "queued")))).toEqual([false, false]); // prettier-ignore
  expect(newsOf([[4, "g"]], readAt(3, live("g", "streaming")))).toEqual([true]);
  expect(newsOf([[4, null]], readAt(3, live("g", "streaming")))).toEqual([false]);
});

test("what was forgotten is read again", () => {
  const revisions = readAt(3);
  revisions.forget();
  expect(revisions.known).toBe(null);
  expect(newsOf([[3, null]], revisions)).toEqual([true]);
});

test("a revision that runs backwards, as after a rebuild, is news", () => {
  expect(newsOf([[2, null]], readAt(3))).toEqual([true]);
});
