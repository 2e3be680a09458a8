// The key that signs sessions on this machine: made once per state folder, so that sessions survive a restart, and
// readable by its owner alone. Production has its own, set with `wrangler secret put`.

import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StartError } from "./start-error.ts";

const SECRET_BYTES = 48;
const MIN_SECRET_BYTES = 32; // What the Worker insists on.

/** Call it under the folder's lock. */
export function readSessionSecret(stateDir: string): string {
  const path = join(stateDir, "session-secret");
  if (!existsSync(path)) {
    // Written aside first: a start killed half-way leaves no short secret behind.
    writeFileSync(`${path}.new`, `${randomBytes(SECRET_BYTES).toString("base64url")}\n`, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  }
  chmodSync(path, 0o600);
  const secret = readFileSync(path, "utf8").trim();
  if (Buffer.byteLength(secret) < MIN_SECRET_BYTES) {
    throw new StartError(`${path} holds fewer than ${MIN_SECRET_BYTES} bytes: delete it, and a new one is made.`);
  }
  return secret;
}
