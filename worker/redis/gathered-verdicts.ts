// Verdicts that many conversations of an isolate ask for at about the same time, asked for together: one request instead
// of one each. Only where starts come so close that it pays, and only by who has time: the model that was called
// meanwhile takes longer to its first word.

import type { Verdict } from "../core/quota.ts";

const MOMENT_MS = 15; // With a round trip of as much again a verdict is still there before a model's first word.
const CLOSE_MS = 12; // From one start to the next: then a moment brings another, at least.
const APART_MS = 1_000; // A pause is one, however long.
const SMOOTHING = 1 / 8;
const MOST = 32; // A request.
const DEAD_MS = 100; // After the end of a moment that nobody asked at: whoever began it has died.
const LOST_MS = 1_500; // Longer than Redis is waited for.

type Clock = {
  now(): number;
  /** In the life of whoever asks. What it returns calls it off. */
  after(ms: number, run: () => void): () => void;
  /** How often each looks for its own verdict. */
  lookMs: number;
  /** What one life settles goes on in the life that waits for it. */
  comesHome: boolean;
};

// workerd brings it home as long as a request of that life is open, so looking is for when none is. Vitest's does not.
const comesHome = Cloudflare.compatibilityFlags["handle_cross_request_promise_resolution"] === true;

const clockOfIsolate: Clock = {
  now: Date.now,
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  lookMs: comesHome ? 100 : 20,
  comesHome,
};

type Judge<Subject> = (subject: Subject) => Promise<Verdict>;
type Waiting<Subject> = { subject: Subject; isAsked: boolean; tell(verdict: Verdict): void };
type Moment<Subject> = { endsAt: number; others: Set<Waiting<Subject>> };

/** `judge` never rejects, and what it asks for in one turn is one request. */
export function createGatheredVerdicts<Subject>(
  judge: Judge<Subject>,
  { now, after, lookMs, comesHome: isHeard }: Clock = clockOfIsolate,
): Judge<Subject> {
  let apartMs = APART_MS;
  let lastAt = 0;
  let moment: Moment<Subject> | null = null;

  const noteAsked = () => {
    const at = now();
    apartMs += (Math.min(APART_MS, at - lastAt) - apartMs) * SMOOTHING;
    lastAt = at;
  };

  const gather = async (subject: Subject): Promise<Verdict> => {
    const begun: Moment<Subject> = { endsAt: now() + MOMENT_MS, others: new Set() };
    moment = begun;
    await new Promise<void>((resolve) => after(MOMENT_MS, resolve));
    if (moment === begun) moment = null;
    const own = judge(subject);
    for (const other of begun.others) {
      other.isAsked = true;
      void judge(other.subject).then(other.tell);
    }
    return own;
  };

  const join = async ({ endsAt, others }: Moment<Subject>, subject: Subject): Promise<Verdict> => {
    const { promise, resolve } = Promise.withResolvers<Verdict | Promise<Verdict>>();
    const lostAt = now() + LOST_MS;
    let told: Verdict | null = null;
    const one: Waiting<Subject> = {
      subject,
      isAsked: false,
      tell(verdict) {
        told = verdict;
        if (isHeard) resolve(verdict);
      },
    };
    others.add(one);
    // It may be told and not hear it, and whoever asks for it may die.
    const look = () => {
      if (told !== null) return resolve(told);
      if (now() < (one.isAsked ? lostAt : endsAt + DEAD_MS)) return void (cancel = after(lookMs, look));
      others.delete(one);
      resolve(judge(subject));
    };
    let cancel = after(lookMs, look);
    const verdict = await promise;
    cancel();
    return verdict;
  };

  return (subject) => {
    noteAsked();
    if (apartMs > CLOSE_MS) return judge(subject);
    const isOpen = moment !== null && now() <= moment.endsAt + MOMENT_MS && moment.others.size < MOST - 1;
    return moment !== null && isOpen ? join(moment, subject) : gather(subject);
  };
}
