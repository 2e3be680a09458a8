import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectedText } from "../../dev/simulated-text.ts";
import { formatFrame } from "../../protocol/sse.ts";
import { OptionError } from "../options.ts";
import { play } from "../people/play.ts";
import { profiles } from "../scenarios/profiles.ts";
import type { RemoteConfig } from "./config.ts";
import { outsideProfile } from "./outside-profile.ts";

const GENERATION = "0193c0de-0000-7000-8000-000000000000";
const config: RemoteConfig = {
  model: "brink-simulated",
  isSimulated: true,
  messagesPerMinute: 6_000,
  messagesPerMinuteOfGuest: 30,
  liveGenerations: 3,
};
const smoke = { isSmoke: true, streams: null };
const whole = { isSmoke: false, streams: null };
const profileOf = (wanted: string) => {
  const found = profiles.find(({ name }) => name === wanted);
  if (found === undefined) throw new Error(`no profile ${wanted}`);
  return found;
};

// As much of Brink as a visitor sees, whose model takes no time.
const text = expectedText(profileOf("edge-100").model);
const [messageId, userMessageId] = ["m", "u"];
const start = { generationId: GENERATION, messageId, userMessageId, attempt: 1, model: "x", cached: false };
const answer =
  formatFrame({ event: "start", data: start }) +
  formatFrame({ event: "delta", data: { offset: 0, part: 0, text } }, `${GENERATION}.1.${text.length}`) +
  formatFrame({ event: "end", data: { state: "complete", length: text.length } });
const server = createServer((request, response) => {
  if (request.url === "/api/session/guest") response.setHeader("Set-Cookie", "who=me; Path=/").end("{}");
  else if (request.headers.cookie !== "who=me") response.writeHead(401).end();
  else response.end(request.method === "POST" ? answer : JSON.stringify({ items: [] }));
});
let url = "";
beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test("a profile is played against a deployment as on this machine, without what cannot be seen from outside", async () => {
  const [one] = outsideProfile(profileOf("edge-100"), config, smoke).cases(smoke);
  const deployment = {
    ...config,
    url,
    guests: async () => [],
    runJob: async () => ({ results: [], roundTripMs: null, seconds: 0, cpuSeconds: 0 }),
    play,
  };
  const run = await one?.subjects[0]?.measure(deployment);
  // A tenth of a hundred a second for two seconds: each a session, a list and an answer.
  expect(run).toMatchObject({ streams: 60, failures: [], extra: { errors: 0 }, figures: { cpuSeconds: null } });
  expect(run?.figures.firstP95Ms).toBeGreaterThan(0);
  expect(run?.extra?.["other p95"]).toBeGreaterThan(0);
});

test("a deployment whose limits would refuse some of it is told so before anything is asked", () => {
  const few = { ...config, messagesPerMinute: 60 };
  expect(() => outsideProfile(profileOf("edge-100"), few, whole)).toThrow(OptionError);
  expect(() => outsideProfile(profileOf("edge-100"), few, whole)).toThrow(
    /edge-100 asks about 2000 times .* takes 60 /,
  );
  expect(() => outsideProfile(profileOf("ramp"), { ...config, messagesPerMinuteOfGuest: 10 }, whole)).toThrow(/user=/);
  for (const profile of profiles) outsideProfile(profile, config, whole);
});
