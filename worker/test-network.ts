// The network between the Worker under test and what it leans on, with faults: every request of the isolate passes here.
// A test file has an isolate of its own, so nobody else meets them.

import { env } from "cloudflare:workers";

type Fetch = typeof fetch;
/** Answers in place of the service, which `pass` reaches. */
export type Fault = (pass: () => Promise<Response>, init: RequestInit | undefined) => Promise<Response>;

const real: Fetch = globalThis.fetch;
const faults = new Map<string, Fault>();

globalThis.fetch = (input, init) => {
  const url = input instanceof Request ? input.url : String(input);
  const fault = [...faults].find(([service]) => url.startsWith(service))?.[1];
  const pass = () => real(input, init);
  return fault === undefined ? pass() : fault(pass, init);
};

export const POSTGRES = env.NEON_FETCH_ENDPOINT;
export const REDIS = env.UPSTASH_REDIS_REST_URL;
export const PROVIDER = env.OPENAI_BASE_URL;

/** While `run` runs, requests to `service` meet `fault`. */
export async function withFault<Result>(service: string, fault: Fault, run: () => Promise<Result>): Promise<Result> {
  faults.set(service, fault);
  try {
    return await run();
  } finally {
    faults.delete(service);
  }
}

/** Nothing listens there: what workerd throws then, without the page that it prints. */
export const refused: Fault = () => Promise.reject(new Error("Network connection lost."));

/** It takes the request and never answers; who set itself a limit gives up. */
export const silent: Fault = (_, init) =>
  new Promise((_, reject) => init?.signal?.addEventListener("abort", () => reject(init.signal?.reason)));

/** It does what was asked, and its answer is lost on the way. */
export const unheard: Fault = async (pass) => {
  await (await pass()).arrayBuffer();
  throw new TypeError("the line broke before the answer came");
};
