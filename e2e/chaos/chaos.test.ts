// Whole outages on real workerd, over the public API only: in a bounded form as part of `npm test`, in full by
// `npm run test:chaos`. One server for all of them, so that each also meets what those before it have left behind.

import { afterAll, beforeAll, beforeEach, describe, test } from "vitest";
import { type Arena, openArena } from "./arena.ts";
import { cutReaders } from "./cuts.ts";
import { takePostgresAway } from "./database-away.ts";
import { leaveAnswerAlone } from "./detached.ts";
import { killServer } from "./kills.ts";
import { nameSeed, scale, seed } from "./scale.ts";
import { stopAtAnyMoment } from "./stops.ts";

let arena: Arena;
beforeAll(async () => void (arena = await openArena(seed)));
beforeEach(nameSeed);
afterAll(() => arena?.close());

test(
  "a stop at any moment is heard by the model within 250 ms and stands for ever (promise 6)",
  { timeout: scale.timeoutMs },
  () => stopAtAnyMoment(arena),
);
test(
  "fifty readers that are cut and come back end with the stored text (promises 1, 2, 3)",
  { timeout: scale.timeoutMs },
  () => cutReaders(arena),
);
test(
  "a server that is killed again and again loses nothing and strands nobody (promises 1, 3, 4, 7, 8)",
  { timeout: scale.timeoutMs },
  () => killServer(arena),
);
test(
  "Postgres is told every answer once, however long it was away (promises 10, 15)",
  { timeout: scale.timeoutMs },
  () => takePostgresAway(arena),
);
describe.skipIf(!scale.isLong)("in the long form", () => {
  test("an answer of 200 s without a reader is complete (promise 6)", { timeout: scale.timeoutMs }, () =>
    leaveAnswerAlone(arena),
  );
});
