// Which tests prove which promise, and whether they do: from Vitest's JSON report to one list. A test names the promises
// that it proves at the end of its title, "(promise 6)" or "(promises 1, 3)". Pure.

import * as z from "zod/mini";

/** What Brink promises, in the order and by the numbers that tests name. */
export const PROMISES = [
  "Every reader's final text equals the text stored for that generation when it ended, whatever its cuts and tabs.",
  "Within one attempt, what stands at an offset never changes.",
  "Every response that reaches the end carries the same single `end`, last.",
  "At most one live generation per conversation.",
  "One id, one answer, one charge, and one upstream call per attempt.",
  "A reader leaving never ends a generation; a stop always does, and it stays stopped after a crash.",
  "After a crash every reader converges on the stored text within 15 s; nothing older says `streaming` while dead.",
  "At most one second of shown text is lost to a crash; no acknowledged message ever is.",
  "A stale attempt cannot write.",
  "Every ended generation reaches Postgres, once, however long Postgres was away; a refused row blocks nobody.",
  "A reader that never reads costs bounded memory and slows nobody.",
  "An idle conversation costs nothing; an id that was only probed stores nothing.",
  "No row or byte of one user's data reaches another, cached answers and reused ids included.",
  "Denied by a limit: no token is shown, and upstream is not called, or is aborted.",
  "Redis, Postgres or one provider gone: chat still works, or says exactly what does not and when to try again.",
  "Sending costs the same in a conversation of 2,000 messages as in one of 20.",
] as const;

const reportSchema = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
    }),
  ),
});
export type TestReport = z.infer<typeof reportSchema>;

type Outcome = "passed" | "failed" | "skipped";
type Proof = { file: string; title: string; outcome: Outcome };
export type PromiseReport = {
  promises: { number: number; text: string; proofs: Proof[] }[];
  /** What stands in the way of believing any of it. */
  complaints: string[];
};

/** Null when this is not Vitest's JSON report. */
export function parseReport(json: string): TestReport | null {
  try {
    const parsed = reportSchema.safeParse(JSON.parse(json));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/** The promises that a title names; anything but whole numbers in plain form is no tag. */
export function readTags(title: string): number[] {
  const tag = /\(promises? (\d+(?:, \d+)*)\)$/.exec(title)?.[1];
  return tag === undefined ? [] : tag.split(", ").map(Number);
}

/** `root` is cut off the names of files. */
export function aggregate(report: TestReport, root: string): PromiseReport {
  const promises = PROMISES.map((text, index): PromiseReport["promises"][number] => {
    return { number: index + 1, text, proofs: [] };
  });
  const complaints: string[] = [];
  for (const { name, status, assertionResults } of report.testResults) {
    const file = name.startsWith(root) ? name.slice(root.length + 1) : name;
    // No test failed, and yet the file did: what comes before its tests broke.
    const isBroken = status === "failed" && assertionResults.every((test) => test.status !== "failed");
    if (isBroken) complaints.push(`${file} could not be run`);
    for (const { fullName: title, status } of assertionResults) {
      const outcome = status === "passed" || status === "failed" ? status : "skipped";
      for (const tag of readTags(title)) {
        const promise = promises[tag - 1];
        if (promise === undefined) complaints.push(`${file}: there is no promise ${tag}: ${title}`);
        else promise.proofs.push({ file, title, outcome });
      }
    }
  }
  for (const { number, proofs } of promises) {
    if (!proofs.some(({ outcome }) => outcome === "passed")) complaints.push(`promise ${number} is proven by no test`);
    const failed = count(proofs, "failed");
    if (failed > 0) complaints.push(`promise ${number} is broken: ${failed} of its tests failed`);
  }
  return { promises, complaints };
}

const MARKS: Record<Outcome, string> = { passed: "+", failed: "FAILED", skipped: "skipped" };

export function formatReport({ promises, complaints }: PromiseReport): string {
  const lines = promises.flatMap(({ number, text, proofs }) => [
    `${String(number).padStart(2)}  ${text}`,
    `    ${summaryOf(proofs)}`,
    ...proofs.map(({ file, title, outcome }) => `      ${MARKS[outcome]} ${file}: ${title}`),
    "",
  ]);
  const verdict = complaints.length === 0 ? [`All ${promises.length} promises are proven.`] : complaints;
  return [...lines, ...verdict].join("\n");
}

function summaryOf(proofs: readonly Proof[]): string {
  const counts = (["passed", "failed", "skipped"] as const).map(
    (outcome) => [count(proofs, outcome), outcome] as const,
  );
  const told = counts.filter(([times, outcome]) => times > 0 || outcome === "passed");
  return `${proofs.length} tests: ${told.map(([times, outcome]) => `${times} ${outcome}`).join(", ")}`;
}

function count(proofs: readonly Proof[], wanted: Outcome): number {
  return proofs.filter(({ outcome }) => outcome === wanted).length;
}
