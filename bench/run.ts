// Runs scenarios: in each case its subjects in turn, repeat after repeat, with the order turned round each time, so
// that neither a busy moment nor a warm cache belongs to one of them.

import { type Run, summarize } from "./figures.ts";
import type { CaseReport, ScenarioReport } from "./report.ts";
import { askBrink, askPipe } from "./rig/requests.ts";
import type { Rig } from "./rig/rig.ts";
import { type Case, type Scenario, type Size, spread } from "./scenarios/scenario.ts";

const WARM_STREAMS = 16;
const WARM_MODEL = "brink-simulated:first=0,rate=0,tokens=400,seed=1";

/** Compiles and fills what the first requests would otherwise pay for, then notes what each process holds at rest. */
export async function warmUp(rig: Rig): Promise<void> {
  await rig.load(spread(askPipe(rig, WARM_STREAMS, WARM_MODEL), 0));
  await rig.load(spread(await askBrink(rig, WARM_STREAMS, WARM_MODEL), 0));
  for (const { meter } of [rig.pipe, rig.brink]) {
    await meter.settle();
    meter.restingBytes = meter.rssBytes();
  }
}

export async function runScenario(
  rig: Rig,
  scenario: Scenario,
  { size, repeats, onRun }: { size: Size; repeats: number; onRun: (sentence: string, run: Run) => void },
): Promise<ScenarioReport> {
  const cases: CaseReport[] = [];
  for (const one of scenario.cases(size)) cases.push(await runCase(rig, one, repeats, onRun));
  return { name: scenario.name, description: scenario.describe(size), columns: scenario.columns, cases };
}

async function runCase(
  rig: Rig,
  { name, subjects, reference }: Case,
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
  const references = runs.get(reference) ?? [];
  return {
    name,
    reference,
    subjects: subjects.map((subject) => ({
      name: subject.name,
      summary: summarize(runs.get(subject.name) ?? [], references),
    })),
  };
}
