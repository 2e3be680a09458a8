// The thresholds: what must be shown, in one place. Each is held against a figure of one run, measured beside its
// reference; `npm run bench -- --check` judges them, and the report's charts draw them.

import type { Unit } from "./extra.ts";
import type { Summary } from "./figures.ts";

export type Figure = keyof typeof figures;

/** The figures that thresholds and charts are of. Differences and ratios are to the reference of the same repeat. */
const figures = {
  "added first p50": ({ addedFirstP50Ms }: Summary) => addedFirstP50Ms,
  "added first p95": ({ addedFirstP95Ms }: Summary) => addedFirstP95Ms,
  "× first p50": ({ ratios }: Summary) => ratios.firstP50Ms,
  "first p95": ({ figures: { firstP95Ms } }: Summary) => firstP95Ms,
  "× total p50": ({ ratios }: Summary) => ratios.totalP50Ms,
  "× gap p50": ({ ratios }: Summary) => ratios.gapP50Ms,
  "× CPU": ({ ratios }: Summary) => ratios.cpuSeconds,
  "× CPU a token": ({ ratios }: Summary) => ratios.cpuPerThousandTokens,
  "CPU ms a stream": ({ figures: { cpuMsPerStream } }: Summary) => cpuMsPerStream,
  "MB a stream": ({ figures: { megabytesPerStream } }: Summary) => megabytesPerStream,
  "× tokens/s": ({ ratios }: Summary) => ratios.tokensPerSecond,
  "not exact": ({ streams, failures }: Summary) => (streams === 0 ? null : failures.length),
};

export type Place = { scenario: string; case: string; subject: string };

export type Threshold = Place & {
  says: string;
  /** One of those above, or one of the scenario's own. */
  figure: Figure | { extra: string };
  unit: Unit;
  bound: { atMost: number } | { atLeast: number };
  /** Held against this subject of the same case, where that is not the case's reference. */
  against?: string;
  /** Judged only with limits on and database and Redis away. */
  isFar?: boolean;
  /** An absolute figure of people's calls: a deployment is held against it, too. */
  isOutside?: boolean;
  /** So many interleaved pairs are asked for: what it is held against varies. */
  pairs?: number;
};

export function figureOf(figure: Threshold["figure"], summary: Summary): number | null {
  return typeof figure === "string" ? figures[figure](summary) : (summary.extra[figure.extra]?.value ?? null);
}

export function isWithin(bound: Threshold["bound"], value: number): boolean {
  return "atMost" in bound ? value <= bound.atMost : value >= bound.atLeast;
}

/** The pipe's, per thousand tokens at 200 streams, on the machine for which the thresholds were set. */
export const PIPE_CPU_SECONDS = 0.023;

const PAIRS = 5; // The pipe itself varies by half.

const pacedAt = (streams: number): Place => ({
  scenario: "paced",
  case: streams === 1 ? "1 stream" : `${streams.toLocaleString("en")} streams`,
  subject: "Brink",
});
const ms = (atMost: number) => ({ unit: "ms", bound: { atMost } }) as const;
const times = (atMost: number) => ({ unit: "×", bound: { atMost } }) as const;
const none = { unit: "count", bound: { atMost: 0 } } as const;
const percent = (atMost: number) => ({ unit: "%", bound: { atMost } }) as const;
const atStart: Place = { scenario: "startup", case: "a start", subject: "Brink" };
const ofSoak: Place = { scenario: "soak", case: "125 people", subject: "Brink" };
const ofDeploy: Place = { scenario: "deploy", case: "50 streams", subject: "Brink" };
const ofProfile = (name: string) => ({ scenario: name, case: name, subject: "Brink", isOutside: true });
const ofPage = (name: string, extra: string) => ({
  scenario: "page",
  case: name,
  subject: "Brink",
  figure: { extra },
});

export const thresholds: readonly Threshold[] = [
  { says: "added to the first token, 1 stream", ...pacedAt(1), figure: "added first p50", ...ms(6), isFar: true },
  { says: "added to the first token, 1 stream, p95", ...pacedAt(1), figure: "added first p95", ...ms(40), isFar: true },
  { says: "added to the first token, 200 streams", ...pacedAt(200), figure: "added first p50", ...ms(12), isFar: true },
  {
    says: "added to the first token, 200 streams, p95",
    ...pacedAt(200),
    figure: "added first p95",
    ...ms(40),
    isFar: true,
  },

  { says: "time between two moments of text, 31 streams", ...pacedAt(31), figure: "× gap p50", ...times(1.5) },

  { says: "CPU a token, 200 streams", ...pacedAt(200), figure: "× CPU a token", ...times(2.7), pairs: PAIRS },
  { says: "CPU a token, 1,000 streams", ...pacedAt(1_000), figure: "× CPU a token", ...times(1.8), pairs: PAIRS },
  {
    says: "memory a live conversation, 200",
    ...pacedAt(200),
    figure: "MB a stream",
    unit: "MB",
    bound: { atMost: 1.2 },
  },
  {
    says: "memory a live conversation, 1,000",
    ...pacedAt(1_000),
    figure: "MB a stream",
    unit: "MB",
    bound: { atMost: 0.6 },
  },
  {
    says: "total, 1,000 streams, to direct",
    ...pacedAt(1_000),
    figure: "× total p50",
    ...times(1.1),
    against: "direct",
  },
  { says: "not exact of 1,000 streams", ...pacedAt(1_000), figure: "not exact", ...none },

  ...["32 streams, in large writes", "200 streams, token by token"].map((name): Threshold => ({
    says: `saturated, tokens a second, ${name}`,
    scenario: "saturation",
    case: name,
    subject: "Brink",
    figure: "× tokens/s",
    unit: "×",
    bound: { atLeast: 0.7 },
  })),
  {
    says: "CPU of starting a conversation",
    scenario: "starts",
    case: "200 conversations",
    subject: "Brink",
    figure: "CPU ms a stream",
    ...ms(4),
    isFar: true,
  },

  {
    says: "CPU of 64 readers, to one",
    scenario: "fan-out",
    case: "4 answers",
    subject: "64 readers",
    figure: "× CPU",
    ...times(4.5),
  },

  {
    says: "resume of 1,000, first missing text, p95 over a fresh request",
    scenario: "resume",
    case: "1,000 readers",
    subject: "Brink, back",
    figure: "added first p95",
    ...ms(150),
  },
  {
    says: "not exact of 1,000 readers",
    scenario: "resume",
    case: "1,000 readers",
    subject: "Brink, back",
    figure: "not exact",
    ...none,
  },

  {
    says: "cached, first token over the pipe's",
    scenario: "cached",
    case: "1 stream",
    subject: "Brink, cached",
    figure: "added first p50",
    ...ms(0),
  },

  ...(["× first p50", "× CPU"] as const).map((figure): Threshold => ({
    says: `a send after 2,000 messages, to one after 20: ${figure === "× CPU" ? "CPU" : "first token"}`,
    scenario: "long",
    case: "1 stream",
    subject: "2,000 messages",
    figure,
    ...times(1.2),
  })),

  { says: "scripts that the page begins with", ...ofPage("opened", "script"), unit: "kB", bound: { atMost: 45 } },
  { says: "tasks over 50 ms while streaming", ...ofPage("100 tokens/s", "long tasks"), ...none },
  { says: "key press at rest, p95", ...ofPage("at rest", "key p95"), ...ms(16) },
  { says: "key press while streaming, p95", ...ofPage("100 tokens/s", "key p95"), ...ms(33) },

  { says: "CPU of a cold start", ...atStart, figure: { extra: "start CPU" }, ...ms(50) },
  { says: "the bundle, gzipped", ...atStart, figure: { extra: "bundle gz" }, unit: "kB", bound: { atMost: 600 } },
  { says: "memory after a soak, over its plateau", ...ofSoak, figure: { extra: "growth" }, ...percent(10) },
  { says: "not exact after a deploy", ...ofDeploy, figure: "not exact", ...none },
  { says: "shown and lost by a deploy, p95", ...ofDeploy, figure: { extra: "lost p95" }, ...ms(1_000) },
  { says: "an interrupted answer says so, p95", ...ofDeploy, figure: { extra: "settled p95" }, ...ms(15_000) },

  ...["list", "open", "history", "since"].map((route): Threshold => ({
    says: `${route} beside 50 streams, p95`,
    scenario: "routes",
    case: "50 streams",
    subject: "beside 50 streams",
    figure: { extra: `${route} p95` },
    ...ms(200),
  })),
  { says: "10 → 50 → 100 → 0 users, total p95", ...ofProfile("ramp"), figure: { extra: "total p95" }, ...ms(3_000) },
  { says: "10 → 50 → 100 → 0 users, errors", ...ofProfile("ramp"), figure: { extra: "errors" }, ...percent(1) },
  ...["arrivals", "arrivals-full"].flatMap((name): Threshold[] => {
    const visitors = `25 visitors a second${name === "arrivals" ? "" : " for 300 s"}`;
    return [
      { says: `${visitors}, first token p95`, ...ofProfile(name), figure: "first p95", ...ms(500) },
      { says: `${visitors}, other routes p95`, ...ofProfile(name), figure: { extra: "other p95" }, ...ms(200) },
    ];
  }),
  { says: "100 visitors a second, first token p95", ...ofProfile("edge-100"), figure: "first p95", ...ms(500) },
  {
    says: "100 visitors a second, other routes p95",
    ...ofProfile("edge-100"),
    figure: { extra: "other p95" },
    ...ms(200),
  },
];
