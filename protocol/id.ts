// Ids are made by whoever creates the thing: UUIDs of version 7, so that they sort by time.

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** A UUIDv7 (RFC 9562, 5.7) of `now` (milliseconds since the epoch) and sixteen random bytes. */
export function createId(now: number, random: Uint8Array): string {
  const hex = (index: number, mask = 0xff, bits = 0) => HEX[((random[index] ?? 0) & mask) | bits] ?? "";
  const time = Math.floor(now).toString(16).padStart(12, "0");
  const version = hex(6, 0x0f, 0x70) + hex(7);
  const variant = hex(8, 0x3f, 0x80) + hex(9);
  const node = hex(10) + hex(11) + hex(12) + hex(13) + hex(14) + hex(15);
  return `${time.slice(0, 8)}-${time.slice(8, 12)}-${version}-${variant}-${node}`;
}
