// Where Brink's state is kept while it is measured: in memory, where there is enough of it, since a disk's commits are not
// Brink's.

import { existsSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { StartError } from "../dev/start-error.ts";

const IN_MEMORY = "/dev/shm";
const LEAST_FREE_BYTES = 512 * 2 ** 20; // Docker gives a container 64 MB, which a run of 1,000 conversations overflows.

/** `given`: the folder of `--state`. Throws a StartError where there is no such folder. */
export function chooseStateParent(given: string | null, freeBytes = readFreeBytes): string {
  if (given !== null) {
    if (existsSync(given)) return given;
    throw new StartError(`--state ${given}: there is no such folder. Make it first.`);
  }
  return freeBytes(IN_MEMORY) >= LEAST_FREE_BYTES ? IN_MEMORY : tmpdir();
}

function readFreeBytes(path: string): number {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  } catch {
    return 0; // There is none: this is no Linux.
  }
}
