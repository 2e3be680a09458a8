// Runs scenarios: in each case its subjects in turn, repeat after repeat, with the order turned round each time, so
// that neither a busy moment nor a warm cache belongs to one of them.

import { newId } from "../dev/api-client.ts";
import { type Run, summarize } from "./figures.ts";
import type { CaseReport, ScenarioReport } from "./report.ts";
import type { StreamRequest } from "./load/job.ts";
import type { Meter } from "./rig/meter.ts";
import { askBrink, askKnownObjects, askObject, askPipe, createGuests, send } from "./rig/requests.ts";
import type { Rig } from "./rig/rig.ts";
import { type Case, type Scenario, type Size, spread } from "./scenarios/scenario.ts";

const WARM_CONVERSATIONS = 8; // Few, so that what they leave in memory is little beside any load.
const WARM_ROUNDS = 50; // What JavaScript is compiled to settles after a few hundred requests.

const WARM_MODEL = "brink-simulated:first=0,rate=0,tokens=100,seed=1";

/**
 * Lets the Workers be compiled and their caches fill, which the first measured requests would pay for, then notes what
 * each process holds at rest: all of them after equally many questions in equally few conversations, since what a process
 * once took it does not give back, and what it already holds at rest is missing in the memory of a measured stream.
 */
export async function warmUp(rig: Rig, { isSmoke }: Size): Promise<void> {
  const cookies = await createGuests(rig, WARM_CONVERSATIONS);
  const conversations = cookies.map((cookie) => ({ cookie, conversationId: newId(), model: WARM_MODEL }));
  for (let round = 0; round < (isSmoke ? 2 : WARM_ROUNDS); round++) {
    await rig.load(spread(askPipe(rig, WARM_CONVERSATIONS, WARM_MODEL), 0));
    await rig.load(spread(askKnownObjects(rig, WARM_CONVERSATIONS, WARM_MODEL), 0));
    const questions = conversations.map((conversation) => send(rig, conversation));
    await rig.load(spread(questions, 0));
  }
  for (const { meter } of [rig.pipe, rig.object, rig.brink]) {
    await meter.settle();
    meter.restingBytes = meter.rssBytes();
  }
  if (!isSmoke) await warmBeginnings(rig);
}

/**
 * So far the bare object and Brink have begun eight conversations each: they begin many more, so that what runs only then
 * is compiled for both. Not before rest was noted: what these leave in memory counts as load.
 */
async function warmBeginnings(rig: Rig): Promise<void> {
  const count = WARM_CONVERSATIONS * WARM_ROUNDS;
  await warm(rig, rig.object.meter, askObject(rig, count, WARM_MODEL));
  await warm(rig, rig.brink.meter, await askBrink(rig, count, WARM_MODEL));
}

async function warm(rig: Rig, meter: Meter, questions: readonly StreamRequest[]): Promise<void> {
  const stopWatching = meter.watch(); // From its end on the next measurement knows how long to let them go idle.
  for (let from = 0; from < questions.length; from += WARM_CONVERSATIONS) {
    await rig.load(spread(questions.slice(from, from + WARM_CONVERSATIONS), 0));
  }
  stopWatching();
}

export async function runScenario<R>(
  rig: R,
  scenario: Scenario<R>,
  { size, repeats, onRun }: { size: Size; repeats: number; onRun: (sentence: string, run: Run) => void },
): Promise<ScenarioReport> {
  const cases: CaseReport[] = [];
  const { name, columns, extras = [], maxRepeats = repeats } = scenario;
  const measured = Math.min(repeats, maxRepeats);
  for (const one of scenario.cases(size)) cases.push(await runCase(rig, one, measured, onRun));
  const fewer = measured === repeats ? "" : ` Measured ${measured === 1 ? "once" : `${measured} times`}.`;
  return { name, description: `${scenario.describe(size)}${fewer}`, columns, extras, cases };
}

async function runCase<R>(
  rig: R,
  { name, subjects, reference }: Case<R>,
  repeats: number,
  onRun: (sentence: string, run: Run) => void,
): Promise<CaseReport> {
  const runs = new Map<string, Run[]>(subjects.map((subject) => [subject.name, []]));
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const subject of repeat % 2 === 0 ? subjects : subjects.toReversed()) {
      const run = await subject.measure(rig);
      runs.get(subject.name)?.push(run);
      onRun(`${name}, ${subject.name}, ${repeat + 1} of ${repeats}`, run);
    }
  }
  const references = reference === null ? [] : (runs.get(reference) ?? []);
  return {
    name,
    reference,
    subjects: subjects.map((subject) => {
      const own = runs.get(subject.name) ?? [];
      return { name: subject.name, summary: summarize(own, references), runs: own };
    }),
  };
}
