// People, in a process of their own: plays one plan, and answers with what came of it.

import type { Plan } from "../people/plan.ts";
import { play } from "../people/play.ts";

process.on("message", (plan: Plan) => {
  void play(plan).then((played) => process.send?.(played));
});
process.on("disconnect", () => process.exit(0));
process.send?.("ready");
