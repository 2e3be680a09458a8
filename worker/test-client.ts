// The public API, asked from inside workerd: a guest against the Worker under test, and scenarios of the simulated model.

import { exports } from "cloudflare:workers";
import { createGuest } from "../dev/api-client.ts";

const ORIGIN = "http://127.0.0.1";

export const request = (path: string, init?: RequestInit): Promise<Response> =>
  exports.default.fetch(new Request(`${ORIGIN}${path}`, init));

export const guest = () => createGuest(ORIGIN, (url, init) => exports.default.fetch(new Request(url, init)));

/** A model's name that asks the simulated model for a scenario. */
export const model = (scenario: string): string => `brink-simulated:${scenario}`;
export const FAST = model("first=5,rate=1000,tokens=30");
/** Long enough to be stopped, cut or crashed in its middle. */
export const SLOW = model("first=20,rate=50,tokens=200");
