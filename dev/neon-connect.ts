// The real Neon driver, pointed at a gateway of this process.

import { neon, neonConfig, type NeonQueryFunction } from "@neondatabase/serverless";
import type { NeonGateway } from "./neon-gateway.ts";

/** The driver knows one endpoint per process, so it is made from the address that each connection string carries. */
export function connect(gateway: Pick<NeonGateway, "connectionString">): NeonQueryFunction<false, false> {
  neonConfig.fetchEndpoint = (host, port) => `http://${host}:${port}/sql`;
  return neon(gateway.connectionString);
}
