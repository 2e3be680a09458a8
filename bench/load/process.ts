// The load, in a process of its own, so that its CPU is not in what it measures: takes jobs, answers with results.

import type { Job } from "./job.ts";
import { runJob } from "./run-job.ts";

process.on("message", (job: Job) => {
  void runJob(job).then((result) => process.send?.(result));
});
process.on("disconnect", () => process.exit(0));
process.send?.("ready");
