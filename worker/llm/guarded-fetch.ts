// The `fetch` that the openai client is given: dispatches, reports that it did, and lets nothing through that is not an
// event stream. It refuses redirects, error bodies (they echo keys) and HTML that comes with a 200.

/** The answer came, and is not an event stream. */
export class NotAStream extends Error {}

// The client passes unknown fetch options on as they are; this one is taken out again here.
const ON_DISPATCH = "onDispatch";

/** Per-request options by which a call learns that its request is on its way. */
export function dispatchOptions(onDispatch: () => void): Record<string, unknown> {
  return { [ON_DISPATCH]: onDispatch };
}

export async function guardedFetch(input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
  const { [ON_DISPATCH]: onDispatch, ...options } = init as RequestInit & Record<string, unknown>;
  const answer = fetch(input, { ...options, redirect: "manual" });
  if (typeof onDispatch === "function") onDispatch();
  const response = await answer;
  if (!response.ok) {
    await response.body?.cancel();
    return new Response(null, { status: response.status < 400 ? 502 : response.status, headers: response.headers });
  }
  if (!(response.headers.get("Content-Type") ?? "").toLowerCase().startsWith("text/event-stream")) {
    await response.body?.cancel();
    throw new NotAStream("The provider answered, but not with an event stream");
  }
  return response;
}
