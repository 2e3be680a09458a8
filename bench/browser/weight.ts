// What a page's scripts weigh on their way, gzipped: those that it begins with, and all that it fetches by itself.

import { gzipSync } from "node:zlib";
import type { Visit } from "./visit.ts";

export type Weight = { initialBytes: number; allBytes: number };

/** Call before the page is opened; the function that it returns, once everything has come. */
export async function weighScripts({ page, context }: Visit): Promise<() => Promise<Weight>> {
  const session = await context.newCDPSession(page);
  await session.send("Network.enable");
  const scripts = new Map<string, { isInitial: boolean; isEncoded: boolean; bytes: number }>();
  session.on("Network.requestWillBeSent", ({ requestId, type, initiator }) => {
    if (type !== "Script") return;
    // What a script imports when it runs has the script's stack; what the page or an import says has none.
    scripts.set(requestId, { isInitial: initiator.stack === undefined, isEncoded: false, bytes: 0 });
  });
  session.on("Network.responseReceived", ({ requestId, response }) => {
    const script = scripts.get(requestId);
    const header = Object.keys(response.headers).some((name) => name.toLowerCase() === "content-encoding");
    if (script !== undefined) script.isEncoded = header;
  });
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    const script = scripts.get(requestId);
    if (script !== undefined) script.bytes = encodedDataLength;
  });
  return async () => {
    const weight = { initialBytes: 0, allBytes: 0 };
    for (const [requestId, { isInitial, isEncoded, bytes }] of scripts) {
      // workerd at home sends files as they are; Cloudflare compresses them.
      const { body } = await session.send("Network.getResponseBody", { requestId });
      const size = isEncoded ? bytes : gzipSync(body).length;
      weight.allBytes += size;
      if (isInitial) weight.initialBytes += size;
    }
    return weight;
  };
}
