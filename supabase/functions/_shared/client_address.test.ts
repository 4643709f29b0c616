import { describe, expect, test } from "vitest";
import {
  clientAddress,
  clientNetwork,
  forwardableAddress,
} from "./client_address.ts";

const addressOf = (headers: Record<string, string>) =>
  clientAddress(new Request("http://example.test", { headers }));

describe("the address of a caller", () => {
  test.each([
    ["203.0.113.7", "203.0.113.7"],
    ["198.51.100.1, 203.0.113.7", "203.0.113.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:DB8:1:2::9", "2001:db8:1:2::/64"],
    ["2001:db8::9", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["::ffff:203.0.113.7", "::ffff:cb00:7107"],
    ["not:an:address", "not:an:address"],
    ["", "unknown"],
  ])("forwarded for %j is %j", (forwarded, expected) => {
    expect(addressOf({ "x-forwarded-for": forwarded })).toBe(expected);
  });

  test("is what the edge says, before what proxies behind it say", () => {
    expect(addressOf({
      "cf-connecting-ip": "203.0.113.7",
      "x-forwarded-for": "198.51.100.1, 192.0.2.9",
    })).toBe("203.0.113.7");
  });

  test("is one and the same where nobody says", () => {
    expect(addressOf({})).toBe("unknown");
  });
});

describe("the address that is told to Auth", () => {
  const told = (headers: Record<string, string>) =>
    forwardableAddress(new Request("http://example.test", { headers }));

  test.each([
    ["203.0.113.7", "203.0.113.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"],
    ["::1", "0:0:0:0::"],
    ["::ffff:203.0.113.7", "::ffff:cb00:7107"],
    ["not:an:address", null],
    ["203.0.113.7:4711", null],
    ["unknown", null],
    ["", null],
  ])("for %j is %j", (forwarded, expected) => {
    expect(told({ "x-forwarded-for": forwarded })).toBe(expected);
  });

  test("is what the edge says, whatever the caller wrote", () => {
    expect(told({
      "sb-forwarded-for": "198.51.100.9",
      "x-forwarded-for": "198.51.100.1, 192.0.2.9",
      "cf-connecting-ip": "203.0.113.7",
    })).toBe("203.0.113.7");
    expect(told({ "sb-forwarded-for": "198.51.100.9" })).toBeNull();
  });
});

describe("the network of a caller", () => {
  test.each([
    ["203.0.113.7", "203.0.113.0/24"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"],
    ["2001:db8::9", "2001:db8:0::/48"],
    ["::1", "0:0:0::/48"],
    ["::ffff:203.0.113.7", "203.0.113.0/24"],
    ["not:an:address", null],
    ["203.0.113", null],
    ["<script>", null],
    ["", null],
  ])("forwarded for %j is %j", (forwarded, expected) => {
    const headers = { "x-forwarded-for": forwarded };
    expect(clientNetwork(new Request("http://example.test", { headers })))
      .toBe(expected);
  });
});
