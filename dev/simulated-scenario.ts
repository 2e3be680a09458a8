// What a simulated answer should be like, carried in the model's name: `brink-simulated:rate=50,tokens=200,seed=7`.
// So a test or a bench chooses pace, text and faults from outside, through any number of layers that pass a name on.
// Pure. Every key, its unit and its bounds stand in `keys` below; an unknown key or a bad value is a sentence, not a guess.

export const SIMULATED_MODEL = "brink-simulated";

/** Where a fault has a position, `after` counts all tokens sent before it, those of reasoning included. */
export type Fault =
  | { type: "cut"; after: number } //   the body ends without finish_reason, and to HTTP this looks like a clean end
  | { type: "fin"; after: number } //   FIN in the middle of a chunked body
  | { type: "rst"; after: number } //   the line is reset
  | { type: "stall"; after: number } // silence, the line stays open
  | { type: "error"; after: number } // an error object inside the stream
  | { type: "html" } //                 200 with a page in place of a stream, as captive portals answer
  | { type: "status"; status: number } // an error status with a body in OpenAI's shape
  | { type: "nodone" } //               finish_reason, then a clean end without [DONE]
  | { type: "nofinish" } //             [DONE] without finish_reason
  | { type: "late-fin" }; //            [DONE], then the line stays open

/** `answer` replies to the prompt; the others are generated from the seed and do not depend on the prompt. */
type SimulatedTextKind = "answer" | "words" | "unicode" | "surrogates";

export type Scenario = {
  firstMs: number;
  tokensPerSecond: number; // 0: as fast as the line takes them
  tokens: number; // of generated text; an answer has its own length
  seed: number;
  text: SimulatedTextKind;
  reasoningTokens: number;
  fault: Fault | null;
  times: number; // the fault strikes the first so many requests with this very model name, then no more
};

export type ParsedScenario =
  | { ok: true; scenario: Scenario }
  | { ok: false; reason: "unknown_model" | "bad_scenario"; message: string };

const DEFAULT_FIRST_MS = 300; // What a quick hosted model takes.
const DEFAULT_TOKENS_PER_SECOND = 40; // Readable: a little faster than the eye.
const DEFAULT_TOKENS = 200;
const MAX_TOKENS = 1_000_000;

const faultForms = "cut@N, fin@N, rst@N, stall@N, error@N, html, status-NNN, nodone, nofinish or late-fin";

const keys: Record<string, { form: string; apply(scenario: Scenario, value: string): boolean }> = {
  first: { form: "milliseconds to the first token", apply: (s, v) => whole(v, 600_000, (n) => (s.firstMs = n)) },
  rate: {
    form: "tokens per second, 0 for no pacing",
    apply: (s, v) => decimal(v, 100_000, (n) => (s.tokensPerSecond = n)),
  },
  tokens: {
    form: "a number of tokens",
    apply: (s, v) =>
      whole(v, MAX_TOKENS, (n) => {
        s.tokens = n;
        if (s.text === "answer") s.text = "words";
      }),
  },
  seed: { form: "a whole number below 2^32", apply: (s, v) => whole(v, 2 ** 32 - 1, (n) => (s.seed = n)) },
  text: {
    form: "answer, words, unicode or surrogates",
    apply(s, v) {
      if (v !== "answer" && v !== "words" && v !== "unicode" && v !== "surrogates") return false;
      s.text = v;
      return true;
    },
  },
  reasoning: { form: "a number of tokens", apply: (s, v) => whole(v, MAX_TOKENS, (n) => (s.reasoningTokens = n)) },
  fault: {
    form: faultForms,
    apply(s, v) {
      s.fault = parseFault(v);
      return s.fault !== null;
    },
  },
  times: { form: "how many requests the fault strikes", apply: (s, v) => whole(v, MAX_TOKENS, (n) => (s.times = n)) },
};

export function parseScenario(model: string): ParsedScenario {
  const scenario: Scenario = {
    firstMs: DEFAULT_FIRST_MS,
    tokensPerSecond: DEFAULT_TOKENS_PER_SECOND,
    tokens: DEFAULT_TOKENS,
    seed: 0,
    text: "answer",
    reasoningTokens: 0,
    fault: null,
    times: Number.POSITIVE_INFINITY,
  };
  if (model === SIMULATED_MODEL) return { ok: true, scenario };
  if (!model.startsWith(`${SIMULATED_MODEL}:`)) {
    return {
      ok: false,
      reason: "unknown_model",
      message: `The model '${shorten(model)}' does not exist here; there is '${SIMULATED_MODEL}'.`,
    };
  }
  for (const setting of model.slice(SIMULATED_MODEL.length + 1).split(",")) {
    const [name = "", value = ""] = splitOnce(setting, "=");
    const key = Object.hasOwn(keys, name) ? keys[name] : undefined;
    if (key === undefined) {
      return bad(`Unknown scenario key '${shorten(name)}'; known are ${Object.keys(keys).join(", ")}.`);
    }
    if (!key.apply(scenario, value)) return bad(`Scenario key '${name}' takes ${key.form}, not '${shorten(value)}'.`);
  }
  return { ok: true, scenario };
}

function parseFault(value: string): Fault | null {
  switch (value) {
    case "html":
    case "nodone":
    case "nofinish":
    case "late-fin":
      return { type: value };
  }
  const status = /^status-([45]\d\d)$/.exec(value);
  if (status !== null) return { type: "status", status: Number(status[1]) };
  const [type, position = ""] = splitOnce(value, "@");
  const after = /^\d{1,7}$/.test(position) ? Number(position) : -1;
  if (after < 0) return null;
  switch (type) {
    case "cut":
    case "fin":
    case "rst":
    case "stall":
    case "error":
      return { type, after };
    default:
      return null;
  }
}

function whole(value: string, max: number, set: (n: number) => void): boolean {
  return /^\d+$/.test(value) && decimal(value, max, set);
}

function decimal(value: string, max: number, set: (n: number) => void): boolean {
  if (!/^\d{1,12}(\.\d{1,6})?$/.test(value) || Number(value) > max) return false;
  set(Number(value));
  return true;
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function bad(message: string): ParsedScenario {
  return { ok: false, reason: "bad_scenario", message };
}
