// Where a request comes from, as a name for the limiter: hashed with the secret, so that no address is stored.

import { sign } from "./hmac.ts";

/**
 * `ip:HMAC`. In production `CF-Connecting-IP` alone is believed; elsewhere a client could set it itself, so the address
 * is one constant. An IPv6 address counts by its /64, which is what one household has.
 */
export async function nameAddress(header: string | undefined, isLocal: boolean, secret: string): Promise<string> {
  if (isLocal) return "ip:local";
  const mac = await sign(`address:${secret}`, networkOf(header ?? ""));
  const hex = Array.from(mac.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `ip:${hex}`;
}

/** An IPv4 address as it is; of an IPv6 address the first four groups, written out. */
export function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  const [head = "", tail = ""] = address.toLowerCase().split("::");
  const front = head === "" ? [] : head.split(":");
  const back = tail === "" ? [] : tail.split(":");
  const zeros = address.includes("::") ? Array<string>(Math.max(0, 8 - front.length - back.length)).fill("0") : [];
  const groups = [...front, ...zeros, ...back].map((group) => group.replace(/^0+(?=.)/, ""));
  return `${groups.slice(0, 4).join(":")}::/64`;
}
