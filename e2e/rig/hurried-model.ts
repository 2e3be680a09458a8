// The simulated model as everybody meets it, but talking faster: a suite that waits for answers to end need not read
// along. Stands before it and changes the one name that a start without settings asks for.

import { once } from "node:events";
import { createServer, request as ask } from "node:http";
import { SIMULATED_MODEL, startSimulatedLlm } from "../../dev/simulated-llm.ts";

export type HurriedModel = { url: string; close(): Promise<void> };

export async function startHurriedModel(tokensPerSecond: number): Promise<HurriedModel> {
  const model = await startSimulatedLlm();
  const hurried = JSON.stringify(`${SIMULATED_MODEL}:first=150,rate=${tokensPerSecond}`);
  const server = createServer((asked, answer) => {
    let body = "";
    asked.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    asked.once("end", () => {
      const changed = body.replace(`"model":"${SIMULATED_MODEL}"`, `"model":${hurried}`);
      const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(changed) };
      const onward = ask(new URL(asked.url ?? "/", model.url), { method: asked.method, headers }, (answered) => {
        answer.writeHead(answered.statusCode ?? 502, answered.headers);
        answered.pipe(answer);
      });
      onward.on("error", () => answer.destroy());
      answer.once("close", () => onward.destroy());
      onward.end(changed);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the hurried model has no port");
  return {
    url: `http://127.0.0.1:${address.port}/v1`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
      await model.close();
    },
  };
}
