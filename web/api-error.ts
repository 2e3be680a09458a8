// A call that was not answered as hoped, in a form that can be shown: a code to decide by and words to read out.

/** `network`: nothing came back. `bad_answer`: something came that is not Brink's. The rest are the server's codes. */
export type ApiErrorInit = {
  status: number;
  code: string;
  detail: string;
  retryAfterMs?: number | undefined;
  /** With `busy`: the generation that is live. */
  generationId?: string | undefined;
  cause?: unknown;
};

export class ApiError extends Error {
  /** 0 when there was no answer at all. */
  readonly status: number;
  readonly code: string;
  readonly retryAfterMs: number | null;
  readonly generationId: string | null;

  constructor(init: ApiErrorInit) {
    super(init.detail, { cause: init.cause });
    this.name = "ApiError";
    this.status = init.status;
    this.code = init.code;
    this.retryAfterMs = init.retryAfterMs ?? null;
    this.generationId = init.generationId ?? null;
  }

  get detail(): string {
    return this.message;
  }
}

export function networkError(cause: unknown): ApiError {
  return new ApiError({ status: 0, code: "network", detail: "Brink cannot be reached just now.", cause });
}

export function badAnswer(status: number, cause?: unknown): ApiError {
  return new ApiError({ status, code: "bad_answer", detail: "The server's answer could not be read.", cause });
}

/** What a refusal says: problem+json where it is, else what its status alone tells (a proxy's page, for one). */
export async function readProblem(response: Response): Promise<ApiError> {
  const { status } = response;
  const body = await response.text().catch(() => "");
  const fields = parseFields(body);
  // How long another answer takes nobody knows: what stood in its way says itself when it has passed.
  const isBusy = fields["code"] === "busy";
  const told = readRetryAfter(fields["retryAfterMs"], response.headers.get("Retry-After"));
  return new ApiError({
    status,
    code: typeof fields["code"] === "string" ? fields["code"] : "unknown",
    detail: typeof fields["detail"] === "string" ? fields["detail"] : `The server answered with status ${status}.`,
    retryAfterMs: isBusy ? undefined : told,
    generationId: typeof fields["generationId"] === "string" ? fields["generationId"] : undefined,
  });
}

function parseFields(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** The body's own figure is finer; the header is what proxies send, in seconds. */
function readRetryAfter(fromBody: unknown, header: string | null): number | undefined {
  if (typeof fromBody === "number" && Number.isFinite(fromBody) && fromBody >= 0) return fromBody;
  if (header !== null && /^\d{1,6}$/.test(header)) return Number(header) * 1_000;
  return undefined;
}
