import { expect, test } from "vitest";
import { AddressLimits, addressOf, attemptOf } from "./auth_addresses.ts";

const SECRET = "sb_secret_of_the_tests";

test.each([
  [{ apikey: SECRET, "sb-forwarded-for": "203.0.113.7" }, "203.0.113.7"],
  [
    { apikey: SECRET, "sb-forwarded-for": "2001:db8::, 192.0.2.1" },
    "2001:db8::",
  ],
  [{ apikey: SECRET, "sb-forwarded-for": "nobody, 192.0.2.1" }, "192.0.2.1"],
  [{ apikey: SECRET, "sb-forwarded-for": "2001:db8::/64" }, "192.0.2.1"],
  [{ apikey: SECRET }, "192.0.2.1"],
  [
    { apikey: "sb_publishable_x", "sb-forwarded-for": "203.0.113.7" },
    "192.0.2.1",
  ],
  [
    { authorization: `Bearer ${SECRET}`, "sb-forwarded-for": "203.0.113.7" },
    "192.0.2.1",
  ],
  [{ apikey: SECRET, "x-forwarded-for": "203.0.113.7" }, "192.0.2.1"],
] as [Record<string, string>, string][])(
  "finds for %j the address %s",
  (headers, address) => {
    expect(addressOf(new Headers(headers), SECRET)).toBe(address);
  },
);

test("recognises attempts among other requests", () => {
  const of = (method: string, path: string) => attemptOf(new Request(`http://127.0.0.1/auth/v1/${path}`, { method }));
  expect(of("POST", "token?grant_type=password")).toBe("token");
  expect(of("POST", "signup")).toBe("signup");
  expect(of("GET", "user")).toBeUndefined();
  expect(of("OPTIONS", "token")).toBeUndefined();
});

test("gives each address its own burst, which refills with time", () => {
  let now = 0;
  const limits = new AddressLimits(() => now);
  const passed = (address: string, times = 40) =>
    Array.from({ length: times }, () => limits.refusal("token", address))
      .filter((refusal) => !refusal).length;
  expect(passed("203.0.113.7")).toBe(30);
  expect(passed("203.0.113.8", 1)).toBe(1);
  expect(limits.refusal("signup", "203.0.113.7")).toBeUndefined();
  expect(limits.refusal("token", "203.0.113.7")?.status).toBe(429);
  now += 10_000;
  expect(passed("203.0.113.7")).toBe(5);
});
