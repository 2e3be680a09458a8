import { expect, test } from "vitest";
import { nameAddress, networkOf } from "./address.ts";

test("an IPv6 address counts by its /64, however it is written, and an IPv4 address by itself", () => {
  expect(networkOf("203.0.113.7")).toBe("203.0.113.7");
  const same = ["2001:db8:1:2:3:4:5:6", "2001:0DB8:0001:0002::1", "2001:db8:1:2::", "2001:db8:1:2:0:0:0:9"];
  expect(new Set(same.map(networkOf))).toEqual(new Set(["2001:db8:1:2::/64"]));
  expect(networkOf("2001:db8::1")).toBe("2001:db8:0:0::/64");
  expect(networkOf("::1")).toBe("0:0:0:0::/64");
});

test("the name holds no address, differs by secret, and is one constant at home", async () => {
  const name = await nameAddress("203.0.113.7", false, "secret");
  expect(name).toMatch(/^ip:[0-9a-f]{32}$/);
  expect(await nameAddress("203.0.113.7", false, "secret")).toBe(name);
  expect(await nameAddress("203.0.113.7", false, "other")).not.toBe(name);
  expect(await nameAddress("203.0.113.8", false, "secret")).not.toBe(name);
  expect(await nameAddress("203.0.113.7", true, "secret")).toBe("ip:local");
});
