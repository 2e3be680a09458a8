import { expect, test } from "vitest";
import type { Message } from "../../protocol/api.ts";
import { branchTo, forksOf, newestLeafBelow, reachesUp, shownBranch, versionOf } from "./tree.ts";

/** `seq: parent`; questions and answers in turn down each branch. */
function tree(parents: Record<number, number | null>): Message[] {
  return Object.entries(parents).map(([seq, parent]): Message => {
    return {
      id: `m${seq}`,
      parentId: parent === null ? null : `m${parent}`,
      seq: Number(seq),
      role: "user",
      text: "",
      createdAt: "",
    };
  });
}

const ids = (messages: readonly Message[]) => messages.map(({ id }) => id).join(" ");
/** Two answers to m1; both were gone on from, the first of them last. */
const forked = tree({ 1: null, 2: 1, 3: 1, 4: 3, 5: 4, 6: 2, 7: 6 });
const thread = { messages: forked, leafId: "m5", nextBefore: null };

test("only the branch of the active leaf is shown", () => {
  expect(ids(shownBranch(thread))).toBe("m1 m3 m4 m5");
  expect(ids(shownBranch({ ...thread, leafId: "m7" }))).toBe("m1 m2 m6 m7");
});

test("without a leaf, or with one that is nowhere, the newest branch is shown", () => {
  for (const leafId of [null, "nowhere"]) expect(ids(shownBranch({ ...thread, leafId }))).toBe("m1 m2 m6 m7");
});

test("a leaf that may stand on an older page is waited for", () => {
  expect(shownBranch({ ...thread, leafId: "m0", nextBefore: 1 })).toEqual([]);
});

test("a branch begins where what is held begins, and says whether it reaches further up", () => {
  const held = tree({ 4: 3, 5: 4, 6: 2, 7: 6 });
  expect(ids(branchTo(held, "m7"))).toBe("m6 m7");
  expect(reachesUp(branchTo(held, "m7"), 4)).toBe(true);
  expect(reachesUp(branchTo(held, "m7"), null)).toBe(false);
  expect(reachesUp(branchTo(tree({ 8: null, 9: 8 }), "m9"), 8)).toBe(false);
});

test("a loop of parents, which no server sends, is not followed for ever", () => {
  expect(branchTo(tree({ 1: 2, 2: 1 }), "m2")).toHaveLength(2);
});

test("a message counts its place among those with the same parent, in the order in which they came", () => {
  const forks = forksOf(forked);
  const version = (seq: number) => versionOf(forks, forked[seq - 1] as Message, true, false);
  expect(version(2)).toEqual({ number: 1, count: 2, isPartial: false });
  expect(version(3)).toEqual({ number: 2, count: 2, isPartial: false });
  expect(version(4)).toBe(null);
  expect(version(1)).toBe(null);
});

test("one that was asked for and not taken yet is the newest", () => {
  const coming = { ...(forked[2] as Message), id: "coming" };
  expect(versionOf(forksOf(forked), coming, true, false)).toEqual({ number: 3, count: 3, isPartial: false });
});

test("below a message that is not held nothing is counted; of the roots at least the first is missing", () => {
  const held = tree({ 5: 3, 6: 2, 7: 3, 8: null });
  const forks = forksOf(held);
  expect(versionOf(forks, held[0] as Message, false, true)).toBe(null);
  expect(versionOf(forks, held[3] as Message, false, true)).toEqual({ number: 1, count: 1, isPartial: true });
});

test("a branch is entered where it was left: at the newest leaf below", () => {
  expect(newestLeafBelow(forked, "m2")).toBe("m7");
  expect(newestLeafBelow(forked, "m3")).toBe("m5");
  expect(newestLeafBelow(forked, "m1")).toBe("m7");
  expect(newestLeafBelow(forked, "m7")).toBe("m7");
  // A second answer, m6, to what stands below m2 came after all that was said below its neighbour.
  expect(newestLeafBelow(tree({ 1: null, 2: 1, 3: 2, 4: 2, 5: 4, 6: 3 }), "m2")).toBe("m6");
});
