// A resume storm: all readers lose their line at once and come back at once, each from its own cursor. Beside it, as
// many fresh requests at once to the pipe, with a model that begins at once and goes on at the same pace, and says about
// as much as a returning reader still gets: with one that poured all of it at once the reference would be slower for it.

import { newId } from "../../dev/api-client.ts";
import type { Run } from "../figures.ts";
import { askPipe, attach, createGuests, post } from "../rig/requests.ts";
import type { Rig } from "../rig/rig.ts";
import { measure, type Scenario, type Size, spread } from "./scenario.ts";

const READERS_PER_CONVERSATION = 50;
const WINDOW_MS = 2_000;
const CUT = { atMs: 4_000, resumeAtMs: 4_500 }; // Long enough away for something to be missing.

const RATE = 20;
const FIRST_MS = 1_000;
const TOKENS = 160;
// What comes after the cut; what is missed of it by then, or a little more, comes at once.
const LEFT = TOKENS - (RATE * (CUT.atMs - FIRST_MS)) / 1_000;

const readersOf = ({ streams, isSmoke }: Size) => streams ?? [isSmoke ? 50 : 1_000];
const model = `brink-simulated:first=${FIRST_MS},rate=${RATE},tokens=${TOKENS},seed=7`;
const freshModel = `brink-simulated:first=0,rate=${RATE},tokens=${LEFT},seed=7`;

export const resume: Scenario = {
  name: "resume",
  columns: ["first p50", "first p95", "added p50", "added p95", "CPU-s", "exact"],
  describe: () =>
    `Readers of answers at ${RATE} tokens a second, ${READERS_PER_CONVERSATION} to an answer, all cut at ` +
    `${CUT.atMs / 1_000} s and all back at ${CUT.resumeAtMs / 1_000} s: the time is that from the second call to the ` +
    `first text that was missing. The pipe answers as many fresh requests, all at once, at the same pace with ${LEFT} ` +
    "tokens, about as many as a reader still gets; its CPU is of those alone, Brink's of the whole answers.",
  cases: (size) =>
    readersOf(size).map((readers) => ({
      name: `${readers.toLocaleString("en")} readers`,
      reference: "pipe, fresh",
      subjects: [
        {
          name: "pipe, fresh",
          measure: (rig) => measure(rig, rig.pipe.meter, spread(askPipe(rig, readers, freshModel), 0)),
        },
        { name: "Brink, back", measure: (rig) => measureReturn(rig, readers) },
      ],
    })),
};

async function measureReturn(rig: Rig, readers: number): Promise<Run> {
  const [cookie = ""] = await createGuests(rig, 1);
  return measure(rig, rig.brink.meter, async () => {
    const conversations = Math.ceil(readers / READERS_PER_CONVERSATION);
    const questions = Array.from({ length: conversations }, () => ({ cookie, conversationId: newId(), model }));
    const answers = await Promise.all(questions.map(async (question) => ({ question, id: await post(rig, question) })));
    const requests = Array.from({ length: readers }, (_, index) => {
      const { question, id } = answers[index % conversations] ?? {
        question: { cookie, conversationId: "", model },
        id: "",
      };
      const request = attach(rig, question, id);
      return { ...request, cut: { ...CUT, url: request.url } };
    });
    return spread(requests, WINDOW_MS);
  });
}
