// A start that cannot go on, said in one clear sentence: `up.ts` prints it on stderr and exits with a code that is
// not 0. Anything else that is thrown there is a bug.

export class StartError extends Error {
  override readonly name = "StartError";
  /** What a tool of ours had to say about it, for people who want more than the sentence. */
  readonly details: string | undefined;

  constructor(sentence: string, options: { details?: string; cause?: unknown } = {}) {
    super(sentence, { cause: options.cause });
    this.details = options.details;
  }
}

/** The reason that an error gives, as the end of a sentence: first line, no full stop. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return (text.trim().split("\n")[0] ?? "").replace(/\.$/, "");
}
