// The paced model in a process of its own.

import { startSimulatedLlm } from "../../dev/simulated-llm.ts";

process.on("disconnect", () => process.exit(0));
const model = await startSimulatedLlm();
if (!process.connected) process.exit(0); // The bench was ended before we could be told.
process.send?.({ url: model.url });
