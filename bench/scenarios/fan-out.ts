// One writer, many readers: what each further reader of an answer costs. A frame is encoded once for all of them.

import { newId } from "../../dev/api-client.ts";
import { attach, createGuests, post } from "../rig/requests.ts";
import type { Rig } from "../rig/rig.ts";
import { measure, type Scenario, type Size, spread } from "./scenario.ts";
import type { Run } from "../figures.ts";

const CONVERSATIONS = 4; // Several at once, so that the cost of one is more than the clock's grain.
const READERS = [1, 4, 16, 64];

// Time enough before the first token for every reader to be there.
const modelOf = ({ isSmoke }: Size) => `brink-simulated:first=500,rate=100,tokens=${isSmoke ? 100 : 400},seed=7`;

export const fanOut: Scenario = {
  name: "fan-out",
  columns: ["total p50", "CPU-s", "× CPU", "spread", "exact"],
  describe: () => `${CONVERSATIONS} answers at 100 tokens a second, each with so many readers from its start.`,
  cases: (size) => [
    {
      name: `${CONVERSATIONS} answers`,
      reference: nameOf(1),
      subjects: READERS.map((readers) => ({
        name: nameOf(readers),
        measure: (rig) => measureReaders(rig, readers, modelOf(size)),
      })),
    },
  ],
};

const nameOf = (readers: number) => (readers === 1 ? "1 reader" : `${readers} readers`);

async function measureReaders(rig: Rig, readers: number, model: string): Promise<Run> {
  const [cookie = ""] = await createGuests(rig, 1);
  return measure(rig, rig.brink.meter, async () => {
    const questions = Array.from({ length: CONVERSATIONS }, () => ({ cookie, conversationId: newId(), model }));
    const answers = await Promise.all(questions.map(async (question) => ({ question, id: await post(rig, question) })));
    const requests = answers.flatMap(({ question, id }) =>
      Array.from({ length: readers }, () => attach(rig, question, id)),
    );
    return spread(requests, 0);
  });
}
