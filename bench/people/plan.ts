// What people do while they are measured, as plain data: it crosses into the process that plays them.

/** One thing that a person does. Every call of it is timed and checked. */
export type Act =
  /** The first page's calls: a guest's session, and the list. */
  | { type: "open" }
  | { type: "list" }
  /** A question, followed to the end of its answer. */
  | { type: "ask" }
  /** A question whose answer is stopped half-way. */
  | { type: "stop" }
  /** A question whose line is cut half-way and taken up again from its cursor, as a reload does. */
  | { type: "reload" }
  | Get;

/** One call for one page; each person takes the next of the paths. */
export type Get = { type: "get"; name: string; paths: readonly string[]; cookie: string; status: number };

/** Moves evenly from as many as there were to `users`. */
export type Stage = { users: number; forMs: number };
export type Phase = { perSecond: number; forMs: number };

export type Plan = {
  /** Brink's origin, or the bare pipe's: which answers questions and nothing else. */
  target: { type: "brink" | "pipe"; url: string };
  /** The simulated model that answers: it says what the text must be. */
  model: string;
  /** The model is a real one, whose text nobody knows: it must be the text that is stored. */
  isReal?: boolean;
  /**
   * `users`: so many at once, each turn after turn, with a pause of `pauseMs` on average between. `arrivals`: so many
   * new ones a second, whether or not those before them are through, each for its opening and one turn.
   */
  coming: { type: "users"; stages: readonly Stage[]; pauseMs: number } | { type: "arrivals"; phases: readonly Phase[] };
  /** What each does once, on coming. */
  opening: readonly Act[];
  /** One of these each turn; none: everybody leaves after the opening. */
  turns: readonly { act: Act; weight: number }[];
  /** The share of people who stay in their first conversation; the others begin a new one with each question. */
  faithful: number;
  seed: number;
};

/** One call of somebody's. Times are milliseconds since the epoch. */
export type Sample = {
  name: string;
  person: number;
  at: number;
  /** The first text of an answer; null where there is none. */
  firstAt: number | null;
  endedAt: number;
  tokens: number;
  failure: string | null;
};

/** What came of a plan, and what playing it took of its process. */
export type Played = { samples: Sample[]; seconds: number; cpuSeconds: number };

export function lengthOf({ coming }: Plan): number {
  return (coming.type === "users" ? coming.stages : coming.phases).reduce((total, { forMs }) => total + forMs, 0);
}

/** How many people are there `atMs` after the start; nobody once the last stage is over. */
export function usersAt(stages: readonly Stage[], atMs: number): number {
  let before = 0;
  let left = atMs;
  for (const { users, forMs } of stages) {
    if (left < forMs) return Math.round(before + ((users - before) * left) / forMs);
    before = users;
    left -= forMs;
  }
  return 0;
}

/** When each comes, in milliseconds from the start. */
export function arrivalTimes(phases: readonly Phase[]): number[] {
  let startMs = 0;
  return phases.flatMap(({ perSecond, forMs }) => {
    const from = startMs;
    startMs += forMs;
    return Array.from(
      { length: Math.round((perSecond * forMs) / 1_000) },
      (_, index) => from + (index * 1_000) / perSecond,
    );
  });
}

const MINUTE_MS = 60_000;

/** About how many questions are asked in the fullest minute, where an answer takes `answerMs`. */
export function questionsAMinute(plan: Plan, answerMs: number): number {
  const { coming } = plan;
  if (coming.type === "arrivals") {
    const times = arrivalTimes(coming.phases);
    const within = times.map((from) => times.filter((at) => at >= from && at < from + MINUTE_MS).length);
    return within.reduce((most, count) => Math.max(most, count), 0);
  }
  const userMs = coming.stages.map(({ users, forMs }, index) => {
    const before = coming.stages[index - 1]?.users ?? 0;
    return ((before + users) / 2) * forMs;
  });
  const all = userMs.reduce((total, ms) => total + ms, 0) / (answerMs + coming.pauseMs);
  return Math.ceil(all / Math.max(1, lengthOf(plan) / MINUTE_MS));
}
