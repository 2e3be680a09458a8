// The paced model in a process of its own.

import { startSimulatedLlm } from "../../dev/simulated-llm.ts";

const model = await startSimulatedLlm();
process.on("disconnect", () => void model.close().then(() => process.exit(0)));
process.send?.({ url: model.url });
