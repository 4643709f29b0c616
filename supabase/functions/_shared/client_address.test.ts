import { describe, expect, test } from "vitest";
import {
  type AddressHeader,
  addressHeaderOf,
  clientAddress,
  clientNetwork,
  forwardableAddress,
} from "./client_address.ts";

const addressOf = (
  headers: Record<string, string>,
  believed: AddressHeader = "cf-connecting-ip",
) => clientAddress(new Request("http://example.test", { headers }), believed);

describe("the trusted header", () => {
  test.each<[string, AddressHeader | undefined, AddressHeader]>([
    ["https://abc.supabase.co", undefined, "cf-connecting-ip"],
    ["https://supabase.example.com", undefined, "x-forwarded-for"],
    ["https://abc.supabase.co.example.com", undefined, "x-forwarded-for"],
    ["http://127.0.0.1:54321", "cf-connecting-ip", "cf-connecting-ip"],
    ["https://abc.supabase.co", "x-forwarded-for", "x-forwarded-for"],
  ])(
    "of %s, configured as %s, is %s",
    (SUPABASE_URL, CLIENT_ADDRESS_HEADER, header) => {
      expect(addressHeaderOf({ SUPABASE_URL, CLIENT_ADDRESS_HEADER })).toBe(
        header,
      );
    },
  );
});

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

  test("is the edge's header when it is trusted", () => {
    expect(addressOf({
      "cf-connecting-ip": "203.0.113.7",
      "x-forwarded-for": "198.51.100.1, 192.0.2.9",
    })).toBe("203.0.113.7");
  });

  test("ignores the edge's header when it is not trusted", () => {
    expect(addressOf({
      "cf-connecting-ip": "203.0.113.7",
      "x-forwarded-for": "198.51.100.1, 192.0.2.9",
    }, "x-forwarded-for")).toBe("192.0.2.9");
  });

  test("is the same for all callers when no header has one", () => {
    expect(addressOf({})).toBe("unknown");
  });
});

describe("the address that is forwarded to Auth", () => {
  const forwardedFor = (headers: Record<string, string>) => forwardableAddress(addressOf(headers));

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
    expect(forwardedFor({ "x-forwarded-for": forwarded })).toBe(expected);
  });

  test("is the edge's header, whatever the caller sent", () => {
    expect(forwardedFor({
      "sb-forwarded-for": "198.51.100.9",
      "x-forwarded-for": "198.51.100.1, 192.0.2.9",
      "cf-connecting-ip": "203.0.113.7",
    })).toBe("203.0.113.7");
    expect(forwardedFor({ "sb-forwarded-for": "198.51.100.9" })).toBeNull();
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
    expect(clientNetwork(addressOf(headers))).toBe(expected);
  });
});
