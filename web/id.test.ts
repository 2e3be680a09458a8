import { expect, test } from "vitest";
import { isId } from "../protocol/cursor.ts";
import { createId } from "./id.ts";

test("an id is a lower-case UUID of version 7 and variant 10, whatever the random bits", () => {
  for (const fill of [0x00, 0x5a, 0xff]) {
    const id = createId(Date.UTC(2026, 10, 20), new Uint8Array(10).fill(fill));
    expect(isId(id)).toBe(true);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  }
});

test("an id carries its time: the example of RFC 9562, appendix A.6", () => {
  const random = Uint8Array.from([0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f]);
  expect(createId(0x017f22e279b0, random)).toBe("017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
});

test("ids made later sort later, past the 32 bits of the low word too", () => {
  const times = [0, 1, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, Date.UTC(2026, 0, 1), Date.UTC(2100, 0, 1)];
  const ids = times.map((time) => createId(time));
  expect(ids).toEqual([...ids].toSorted());
});

test("ten thousand ids of one millisecond are all different", () => {
  expect(new Set(Array.from({ length: 10_000 }, () => createId(0))).size).toBe(10_000);
});
