// What `--far` means: limits on, and database and Redis away, for whichever Brink is measured.

export const FAR_MS = 20;
// Asked on every send, and reached by no load here.
const FAR_LIMITS = "user=1000000,ip=1000000,live=100000";

export function limitsOf(isFar: boolean): string {
  return isFar ? FAR_LIMITS : "off";
}

export function latencyOf(isFar: boolean): { database?: number; redis?: number } {
  return isFar ? { database: FAR_MS, redis: FAR_MS } : {};
}
