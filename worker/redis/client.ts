// The one place that makes an Upstash client, with the defaults that must not stand replaced.

import { Redis, type RedisConfigCloudflare } from "@upstash/redis/cloudflare";

export type RedisConfig = { url: string; token: string };

// A verdict stands between a person and the first token; past this the local limit answers for Redis.
const REDIS_TIMEOUT_MS = 1_000;
// Its end comes in so many steps. In an isolate that is late a timer and the answer that it waits for stand in one line, and
// each next timer is set from when the last should have been: so the answer has as many turns of that line to come through.
const LAST_CALLS = 10;
const LAST_CALL_MS = 20;

export function createRedis({ url, token }: RedisConfig): Redis {
  return new TimedRedis({
    url,
    token,
    retry: false, // Five by default, 4.3 s in all: we fall back instead.
    // Commands of one turn travel as one request: a verdict is one round trip.
    enableAutoPipelining: true,
    enableTelemetry: false,
    readYourWrites: false, // A token in each request and answer: what is judged is judged by a script, where writes go.
    responseEncoding: false, // Base64, for what is not UTF-8: all that we store is.
    automaticDeserialization: false,
    latencyLogging: false,
  });
}

/**
 * `AbortSignal.timeout` would come with an error, long after the answer. This timer comes too, and does nothing: workerd
 * keeps one that is called off as long as the object is awake.
 */
class TimedRedis extends Redis {
  constructor(config: RedisConfigCloudflare) {
    super(config);
    const { client } = this;
    const request = client.request.bind(client);
    client.request = async <Result>(command: Parameters<typeof request>[0]) => {
      const controller = new AbortController();
      const late = () => controller.abort(new DOMException("Redis did not answer", "TimeoutError"));
      let calls = 0;
      let isOver = false;
      const lastCall = (): void => {
        if (isOver) return;
        if (calls++ === LAST_CALLS) late();
        else setTimeout(lastCall, LAST_CALL_MS);
      };
      setTimeout(lastCall, REDIS_TIMEOUT_MS - LAST_CALLS * LAST_CALL_MS);
      try {
        const answer = await request<Result>({ ...command, signal: controller.signal });
        controller.signal.throwIfAborted(); // The client takes an abort for an answer, whose result reads as "no".
        return answer;
      } finally {
        isOver = true;
      }
    };
  }
}
