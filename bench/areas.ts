// What a process spends its CPU on: each sample of perf belongs to the area of the function that ran.

export const AREAS = ["kernel", "V8", "JavaScript", "GC", "workerd", "kj", "Rust", "SQLite", "memory", "rest"] as const;
export type Area = (typeof AREAS)[number];

/** CPU-seconds by area. */
export type Profile = Partial<Record<Area, number>>;

/** `binary` is the file that the function is in. The first rule that fits counts: names contain those of others. */
const rules: [area: Area, matches: (symbol: string, binary: string) => boolean][] = [
  ["kernel", (_, binary) => binary.startsWith("[kernel")],
  [
    "memory",
    (symbol) => /tcmalloc|TCMalloc|^operator (new|delete)|^(malloc|free|calloc|realloc|_int_free)$/.test(symbol),
  ],
  ["memory", (symbol) => /^_*mem(cpy|move|set|cmp)/.test(symbol)],
  // What V8 compiles has no name, and is in no file: perf takes it for anonymous memory.
  [
    "JavaScript",
    (_, binary) => binary === "[unknown]" || binary.startsWith("//anon") || /\/perf-\d+\.map$/.test(binary),
  ],
  ["rest", (_, binary) => !binary.endsWith("/workerd")],
  [
    "GC",
    (symbol) =>
      /cppgc|internal::(Scaveng|YoungGen|MarkCompact|Mark|Concurrent|Sweep|Evacuat|MinorMS)|heap::base/.test(symbol),
  ],
  ["V8", (symbol) => /^(v8::|Builtins_|icu_|_ZN2v8)|v8::internal/.test(symbol)],
  ["SQLite", (symbol) => symbol.startsWith("sqlite3") || symbol.includes("SqliteDatabase")],
  ["workerd", (symbol) => /(^|[^:\w])workerd::|^_ZN\w*7workerd/.test(symbol)],
  [
    "Rust",
    (symbol) =>
      /^<|hyper|tokio|httparse|core::|alloc::|std::sys|bytes::|http::|mio::|_rs::|workerd_server/.test(symbol),
  ],
  ["kj", (symbol) => /(^|[^:\w])(kj|capnp)::|^_ZN\w*2kj/.test(symbol)],
  // The only C in it that is large, beside that of V8 and of the allocator: functions without a namespace.
  ["SQLite", (symbol) => /^[a-z][A-Za-z0-9]+$/.test(symbol)],
];

export function areaOf(symbol: string, binary: string): Area {
  return rules.find(([, matches]) => matches(symbol, binary))?.[0] ?? "rest";
}

/** Of what `perf script -F ip,sym,dso` printed: a line for each sample, `ADDRESS FUNCTION (FILE)`. */
export function parseSamples(text: string, secondsEach: number): Profile {
  const profile: Profile = {};
  for (const line of text.split("\n")) {
    const [, symbol, binary] = /^\s*[0-9a-f]+ (.*) \((\S+)\)$/.exec(line) ?? [];
    if (symbol === undefined || binary === undefined) continue;
    const area = areaOf(symbol, binary);
    profile[area] = (profile[area] ?? 0) + secondsEach;
  }
  return profile;
}
