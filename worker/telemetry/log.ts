// One JSON line an event, wide rather than many. No text of people, no secret, no error message of a library.

type Fields = Record<string, string | number | boolean | null | undefined>;
type Level = "debug" | "info" | "error";

export type Log = { [level in Level]: (event: string, fields?: Fields) => void };

const rank = { debug: 0, info: 1, error: 2 } as const;

export function createLog(threshold: Level): Log {
  const write =
    (level: Level) =>
    (event: string, fields: Fields = {}) => {
      if (rank[level] < rank[threshold]) return;
      const line = JSON.stringify({ level, event, at: new Date().toISOString(), ...fields });
      if (level === "error") console.error(line);
      else console.info(line);
    };
  return { debug: write("debug"), info: write("info"), error: write("error") };
}

/** What kind of error it was and where it was thrown; its message may quote input. */
export function placeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const frame = error.stack?.split("\n").find((line) => line.startsWith("    at "));
  return `${error.name} ${frame?.trim() ?? ""}`.trim();
}
