// An HTTP service that misbehaves when told to: stands before a gateway, passes requests on, and strikes them with the
// faults that are set, each chosen by a seed. So an outage is what a Worker sees of one, not a stub's idea of it.

import { once } from "node:events";
import { type ClientRequest, createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { createRandom } from "../../dev/simulated-text.ts";

export type Fault =
  | "refuse" // the line is reset before anything was read
  | "hang" //   no answer, until the faults are changed
  | "fail" //   503
  | "drop"; //  the service does what was asked, and the answer is lost

export type FaultProxy = {
  url: string;
  /** From now on every request is struck by one of these; none: all pass. */
  setFaults(faults: readonly Fault[]): void;
  /** How many requests were struck by each. */
  struck(): Readonly<Record<Fault, number>>;
  close(): Promise<void>;
};

export async function startFaultProxy(target: string, seed: number): Promise<FaultProxy> {
  const random = createRandom(seed);
  const struck = { refuse: 0, hang: 0, fail: 0, drop: 0 };
  const hanging = new Set<ServerResponse>();
  let faults: readonly Fault[] = [];

  const server = createServer({ keepAliveTimeout: 75_000 }, (asked, answer) => {
    const fault = faults[Math.floor(random() * faults.length)];
    if (fault !== undefined) struck[fault]++;
    switch (fault) {
      case "refuse":
        return void asked.socket.resetAndDestroy();
      case "hang":
        hanging.add(answer);
        return void answer.once("close", () => hanging.delete(answer));
      case "fail":
        asked.resume();
        return void answer.writeHead(503, { "content-type": "application/json" }).end('{"error":"away"}');
      default:
        pass(asked, answer, new URL(asked.url ?? "/", target), fault === "drop");
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the fault proxy has no port");

  return {
    url: new URL(new URL(target).pathname, `http://127.0.0.1:${address.port}`).href,
    setFaults(next) {
      faults = next;
      for (const answer of hanging) answer.destroy();
    },
    struck: () => ({ ...struck }),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function pass(asked: IncomingMessage, answer: ServerResponse, url: URL, isDropped: boolean): void {
  const { method, headers } = asked;
  const onward: ClientRequest = request(url, { method, headers }, (answered) => {
    if (isDropped) {
      answered.resume();
      return void answered.once("end", () => answer.destroy());
    }
    answer.writeHead(answered.statusCode ?? 502, answered.headers);
    answered.pipe(answer);
  });
  onward.once("error", () => answer.destroy());
  answer.once("close", () => onward.destroy());
  asked.pipe(onward);
}
