import { expect, test } from "vitest";
import { formatCursor } from "../../protocol/cursor.ts";
import { type LogEntry, textOf } from "../../protocol/events.ts";
import { formatFrame } from "../../protocol/sse.ts";
import { createTranscript, resumeTranscript } from "../../protocol/transcript.ts";
import { ApiError, networkError } from "../api-error.ts";
import { createClock } from "../testing/clock.ts";
import { type Attempt, bodyOf, finalLog, framesAfter, GENERATION, START } from "../testing/scripted-stream.ts";
import { followGeneration, type StreamPorts } from "./resumable-stream.ts";

type Answer = ReadableStream<Uint8Array> | ApiError;

const encode = (frames: readonly string[]) => new TextEncoder().encode(frames.join(""));

/** Follows with `answer` deciding what the nth connection gets, and returns everything that was seen. */
async function follow(answer: (cursor: string | undefined, count: number) => Answer, isSend = false) {
  const clock = createClock();
  const cursors: (string | undefined)[] = [];
  const times: number[] = [];
  const ports: StreamPorts = {
    open(cursor) {
      cursors.push(cursor);
      times.push(clock.now);
      const given = answer(cursor, cursors.length);
      return given instanceof ApiError ? Promise.reject(given) : Promise.resolve(given);
    },
    schedule: clock.schedule,
    random: () => 0.5,
  };
  const transcript = createTranscript();
  const follower = followGeneration(GENERATION, transcript, isSend, ports, () => {});
  const followed = await clock.settle(follower.done);
  return { ...followed, transcript, cursors, times };
}

const plain: Attempt[] = [{ keep: 0, entries: [{ part: 0, text: 'Grüße, "Brink" 🌊!\nline — 二\u2028三 😀😀 end' }] }];

const withParts: Attempt[] = [
  {
    keep: 0,
    entries: [
      { op: { type: "part", part: 1, kind: "reasoning" } },
      { part: 1, text: "Let me think … 🤔" },
      { part: 0, text: "The answer\n" },
      { op: { type: "unknown" } },
      { part: 0, text: "is 42." },
    ],
  },
];

const retried: Attempt[] = [
  { keep: 0, entries: [{ part: 0, text: "A first attempt that was lost half-way" }] },
  { keep: 15, entries: [{ part: 0, text: ", kept to here; " }] },
  { keep: 20, entries: [{ part: 0, text: "and said again 🌗" }] },
];

const logs = { plain, withParts, retried };

test.for(Object.entries(logs))(
  "%s: a line cut at any byte, by FIN or RST, ends in the very text",
  async ([, attempts]) => {
    const whole = encode(framesAfter(attempts, undefined));
    const wanted = finalLog(attempts);
    for (let cut = 0; cut < whole.length; cut++) {
      const { ending, transcript } = await follow((cursor, count) =>
        count === 1
          ? bodyOf(whole.slice(0, cut), cut % 2 === 0 ? "fin" : "reset")
          : bodyOf(encode(framesAfter(attempts, cursor))),
      );
      expect(ending).toBe("exact");
      expect(transcript.log).toEqual(wanted);
    }
  },
);

test("a line that is cut again and again, a little later each time, ends in the very text", async () => {
  const { ending, transcript, cursors } = await follow((cursor, count) =>
    bodyOf(encode(framesAfter(withParts, cursor, 3)).slice(0, 200 + 20 * count)),
  );
  expect(ending).toBe("exact");
  expect(transcript.log).toEqual(finalLog(withParts));
  expect(cursors.length).toBeGreaterThan(5);
});

test("bytes that arrive one by one read the same, characters of four bytes included", async () => {
  const { transcript } = await follow((cursor) => bodyOf(encode(framesAfter(plain, cursor)), "fin", 1));
  expect(transcript.log).toEqual(finalLog(plain));
});

/** A reader of attempt 1 that was cut anywhere meets attempts 2 and 3 when it comes back. */
test("a reader that comes back to a later attempt cuts to what was kept and goes on", async () => {
  const first = retried.slice(0, 1);
  const frames = framesAfter(first, undefined, 4);
  const whole = encode(frames);
  const lastFrame = whole.length - 1;
  for (let cut = 0; cut < whole.length; cut += 3) {
    const { transcript } = await follow((cursor, count) =>
      count === 1 ? bodyOf(whole.slice(0, cut), "reset") : bodyOf(encode(framesAfter(retried, cursor, 4))),
    );
    // Only the last frame of the first attempt ends it; cut before that, the reader comes back to the third.
    expect(transcript.log).toEqual(finalLog(cut < lastFrame ? retried : first));
  }
});

test("frames sent twice change nothing", async () => {
  const frames = framesAfter(plain, undefined);
  const doubled = frames.flatMap((frame) => (frame.includes("event: end") ? [frame] : [frame, frame]));
  const { ending, transcript } = await follow(() => bodyOf(encode(doubled)));
  expect(ending).toBe("exact");
  expect(transcript.log).toEqual(finalLog(plain));
});

test("a frame that was lost on the way is noticed: what follows is dropped and asked for again", async () => {
  const frames = framesAfter(plain, undefined);
  const lost = frames.findIndex((frame) => frame.includes('"offset":14'));
  const { transcript, cursors } = await follow((cursor, count) =>
    bodyOf(encode(count === 1 ? frames.toSpliced(lost, 1) : framesAfter(plain, cursor))),
  );
  expect(cursors).toEqual([undefined, formatCursor(GENERATION, 1, 14)]);
  expect(transcript.log).toEqual(finalLog(plain));
});

test("an end of another length is not believed: the snapshot has to tell", async () => {
  const frames = [
    formatFrame({ event: "start", data: { ...START, attempt: 1 } }),
    formatFrame({ event: "delta", data: { offset: 0, part: 0, text: "half" } }),
    formatFrame({ event: "end", data: { state: "complete", length: 9 } }),
  ];
  expect((await follow(() => bodyOf(encode(frames)))).ending).toBe("stale");
});

test("thirty seconds without a byte are a cut, and a heartbeat is a byte", async () => {
  const start = formatFrame({ event: "start", data: { ...START, attempt: 1 } });
  const { ending, times, cursors } = await follow((cursor, count) =>
    count === 1 ? bodyOf(encode([start]), "silence") : bodyOf(encode(framesAfter(plain, cursor))),
  );
  expect(ending).toBe("exact");
  expect(times).toEqual([0, 30_125]);
  expect(cursors[1]).toBe(formatCursor(GENERATION, 1, 0));

  // Half a minute of heartbeats, one each 20 s: the line stays.
  const clock = createClock();
  let beat = () => {};
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      beat = () => controller.enqueue(encode([": \n\n"]));
    },
  });
  let opened = 0;
  const open = () => Promise.resolve((opened++, body));
  const follower = followGeneration(
    GENERATION,
    createTranscript(),
    false,
    { open, schedule: clock.schedule, random: () => 0 },
    () => {},
  );
  for (let count = 0; count < 4; count++) {
    beat();
    await clock.turn();
    clock.now += 20_000;
  }
  expect(opened).toBe(1);
  expect(follower.connection.phase).toBe("streaming");
  follower.leave();
});

test("a server that never even answers is a cut after thirty seconds", async () => {
  const clock = createClock();
  let count = 0;
  const ports: StreamPorts = {
    open: () =>
      ++count === 1 ? new Promise(() => {}) : Promise.resolve(bodyOf(encode(framesAfter(plain, undefined)))),
    schedule: clock.schedule,
    random: () => 0,
  };
  const follower = followGeneration(GENERATION, createTranscript(), false, ports, () => {});
  expect(await clock.settle(follower.done)).toMatchObject({ ending: "exact" });
  expect(clock.now).toBe(30_000);
});

test("a refusal that may pass is waited out; one that cannot ends in the snapshot", async () => {
  const busy = new ApiError({ status: 503, code: "unavailable", detail: "…", retryAfterMs: 4_000 });
  const waited = await follow((cursor, count) => (count < 3 ? busy : bodyOf(encode(framesAfter(plain, cursor)))));
  expect(waited.times).toEqual([0, 4_000, 8_000]);
  expect(waited.ending).toBe("exact");

  const gone = new ApiError({ status: 404, code: "not_found", detail: "…" });
  expect(await follow(() => gone)).toMatchObject({ ending: "stale", refusal: gone, cursors: [undefined] });
});

test("a send is repeated until it is answered, then resumed from what is held", async () => {
  const { ending, cursors } = await follow((cursor, count) => {
    if (count <= 2) return networkError(new TypeError("fetch failed"));
    const bytes = encode(framesAfter(plain, cursor));
    return bodyOf(count === 3 ? bytes.slice(0, 400) : bytes, "reset");
  }, true);
  expect(ending).toBe("exact");
  expect(cursors.slice(0, 3)).toEqual([undefined, undefined, undefined]);
  expect(cursors[3]).toMatch(new RegExp(`^${GENERATION}\\.1\\.\\d+$`));
});

test("a send that is refused comes back with the server's words", async () => {
  const busy = new ApiError({ status: 409, code: "busy", detail: "An answer is still being written here." });
  expect(await follow(() => busy, true)).toMatchObject({ ending: "refused", refusal: busy, cursors: [undefined] });
});

test("a reload goes on from the snapshot's cursor without asking for what it holds", async () => {
  const held: LogEntry[] = [{ part: 0, text: "Grüße, " }];
  const transcript = resumeTranscript(1, held, 7);
  const clock = createClock();
  const asked: (string | undefined)[] = [];
  const ports: StreamPorts = {
    open(cursor) {
      asked.push(cursor);
      return Promise.resolve(bodyOf(encode(framesAfter(plain, cursor))));
    },
    schedule: clock.schedule,
    random: () => 0,
  };
  await clock.settle(followGeneration(GENERATION, transcript, false, ports, () => {}).done);
  expect(asked).toEqual([formatCursor(GENERATION, 1, 7)]);
  expect(textOf(transcript.log)).toBe(textOf(finalLog(plain)));
});

test("whoever leaves hears no more: the line is closed, no timer is left, and nothing changes", async () => {
  const clock = createClock();
  let isCancelled = false;
  let push = (_bytes: Uint8Array) => {};
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => void (push = (bytes) => controller.enqueue(bytes)),
    cancel: () => void (isCancelled = true),
  });
  const transcript = createTranscript();
  const ports: StreamPorts = { open: () => Promise.resolve(body), schedule: clock.schedule, random: () => 0 };
  const follower = followGeneration(GENERATION, transcript, false, ports, () => {});
  push(encode(framesAfter(plain, undefined).slice(0, 2)));
  await clock.turn();
  const length = transcript.length;
  expect(length).toBeGreaterThan(0);
  follower.leave();
  expect((await follower.done).ending).toBe("left");
  await clock.turn();
  expect(isCancelled).toBe(true);
  expect(transcript.length).toBe(length);
  await expect(clock.settle(new Promise(() => {}))).rejects.toThrow("nothing will ever happen again");
});
