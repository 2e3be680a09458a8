import fc from "fast-check";
import { expect, test } from "vitest";
import { connect, type Connection, type Input, type Step, step } from "./connection.ts";

/** Feeds the inputs in order, with the longest jitter, and returns the last step. */
function run(isSend: boolean, ...inputs: Input[]) {
  let last = connect(isSend);
  for (const input of inputs) last = step(last.state, input, 0.999_999);
  return last;
}

const cut: Input = { type: "cut" };
const waited: Input = { type: "waited" };
const opened: Input = { type: "opened" };
const frame: Input = { type: "frame" };
const refused = (status: number, retryAfterMs: number | null = null): Input => ({
  type: "refused",
  status,
  retryAfterMs,
});

function waitsOf(isSend: boolean, cuts: number): number[] {
  const waits: number[] = [];
  let { state } = connect(isSend);
  for (let index = 0; index < cuts; index++) {
    const next = step(state, cut, 0.999_999);
    for (const effect of next.effects) if (effect.type === "wait") waits.push(Math.round(effect.ms));
    state = step(next.state, waited, 0).state;
  }
  return waits;
}

test("waits double from 250 ms to 10 s and stay there, and a reader never gives up", () => {
  expect(waitsOf(false, 9)).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000]);
  expect(waitsOf(false, 1_000)).toHaveLength(1_000);
});

test("jitter is full: with no luck the wait is nothing", () => {
  expect(step(connect(false).state, cut, 0).effects).toContainEqual({ type: "wait", ms: 0 });
});

test("the first frame begins the waits afresh, an opened line alone does not", () => {
  const withoutFrame = run(false, cut, waited, cut, waited, opened, cut);
  expect(withoutFrame.effects.at(-1)).toEqual({ type: "wait", ms: expect.closeTo(1_000, 0) });
  const withFrame = run(false, cut, waited, cut, waited, opened, frame, cut);
  expect(withFrame.effects.at(-1)).toEqual({ type: "wait", ms: expect.closeTo(250, 0) });
});

test("running dry is a cut: without an end nothing is ever complete", () => {
  expect(run(false, opened, frame, cut).state.phase).toBe("waiting");
});

test.for([400, 401, 403, 404, 409, 410])("%i ends a reader, who then asks for the snapshot", (status) => {
  expect(run(false, refused(status)).state).toEqual({ phase: "ended", ending: "stale" });
});

test.for([429, 500, 502, 503, 520])("%i makes a reader wait as long as it was told", (status) => {
  const { state, effects } = run(false, refused(status, 7_000));
  expect(state.phase).toBe("waiting");
  expect(effects).toEqual([{ type: "disconnect" }, { type: "wait", ms: 7_000 }]);
});

test("a reader that is told to come back at once, again and again, waits ever longer all the same", () => {
  let { state } = run(false);
  const waits: number[] = [];
  for (let index = 0; index < 8; index++) {
    const next = step(state, refused(503, 0), 0.5);
    for (const effect of next.effects) if (effect.type === "wait") waits.push(effect.ms);
    state = step(next.state, waited, 0.5).state;
  }
  expect(waits).toEqual([125, 250, 500, 1_000, 2_000, 4_000, 5_000, 5_000]);
});

test("without Retry-After a 503 waits like a cut", () => {
  expect(run(false, refused(503)).effects.at(-1)).toEqual({ type: "wait", ms: expect.closeTo(250, 0) });
});

test("a nudge shortens a wait of our own, never one that the server named", () => {
  expect(run(false, cut, { type: "nudged" }).effects).toEqual([{ type: "connect" }]);
  expect(run(false, refused(429, 5_000), { type: "nudged" }).effects).toEqual([]);
});

test("an end of another length asks for the snapshot, an exact one is done", () => {
  expect(run(false, opened, { type: "ended", isExact: true }).state).toEqual({ phase: "ended", ending: "exact" });
  expect(run(false, opened, { type: "ended", isExact: false }).state).toEqual({ phase: "ended", ending: "stale" });
});

test.for([400, 401, 404, 409, 413, 429])("a send that is answered %i is over: the person is told", (status) => {
  expect(run(true, refused(status, 1_000)).state).toEqual({ phase: "ended", ending: "refused" });
});

test("a send is repeated over cuts and passing failures, six times in all, then the person is told", () => {
  expect(run(true, refused(503, 1_000)).state.phase).toBe("waiting");
  expect(waitsOf(true, 20)).toHaveLength(5);
  const bounded = Array.from({ length: 6 }, () => [refused(503, 1_000), waited]).flat();
  expect(run(true, ...bounded).state).toEqual({ phase: "ended", ending: "refused" });
});

test("a send that is told to wait for long is given back at once", () => {
  expect(run(true, refused(503, 60_000)).state).toEqual({ phase: "ended", ending: "refused" });
});

test("once a frame has come a send is a reader like any other: it never gives up", () => {
  let { state } = run(true, opened, frame);
  for (let index = 0; index < 50; index++) state = step(step(state, cut, 0.5).state, waited, 0.5).state;
  expect(state.phase).toBe("connecting");
});

const inputs: fc.Arbitrary<Input> = fc.oneof(
  fc.constantFrom<Input>(opened, frame, cut, waited, { type: "nudged" }, { type: "left" }),
  fc.record({ type: fc.constant("ended" as const), isExact: fc.boolean() }),
  fc.record({
    type: fc.constant("refused" as const),
    status: fc.integer({ min: 400, max: 599 }),
    retryAfterMs: fc.option(fc.nat(60_000)),
  }),
);

/** What must hold of every step; the first that does not is named. */
function findFault(before: Connection, { state, effects }: Step): string | null {
  const types = effects.map(({ type }) => type);
  const hasEnded = before.phase !== "ended" && state.phase === "ended";
  if (before.phase === "ended" && (state !== before || types.length > 0)) return "something follows the end";
  if (types.includes("connect") && before.phase !== "waiting") return "a second connection";
  if (types.includes("connect") && state.phase !== "connecting") return "a connection that nobody waits for";
  if (types.includes("wait") !== (state.phase === "waiting" && before !== state)) return "waiting without a timer";
  if (hasEnded && types.join() !== "disconnect" && types.join() !== "drain") return "an end that leaves the line open";
  if (effects.some((effect) => effect.type === "wait" && !(effect.ms >= 0 && effect.ms <= 60_000)))
    return "a wild wait";
  return null;
}

test("in any history: waiting has one timer, connecting one connection, and nothing follows the end", () => {
  fc.assert(
    fc.property(fc.boolean(), fc.array(inputs, { size: "max", maxLength: 80 }), (isSend, history) => {
      let { state } = connect(isSend);
      for (const input of history) {
        const next = step(state, input, 0.5);
        expect(findFault(state, next)).toBe(null);
        state = next.state;
      }
    }),
  );
});
