import { describe, expect, it } from "vitest";
import { onHostedDeno } from "../../../scripts/platform/stack/functions/testing/hosted_deno.ts";
import { isPublicHost } from "./public_hosts.ts";

describe("a public host", () => {
  it.each([
    [["93.184.215.14"], true],
    [["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"], true],
    [["127.0.0.1"], false],
    [["93.184.215.14", "10.1.2.3"], false],
    [["169.254.169.254"], false],
    [["::1"], false],
    [["fd00::1"], false],
    [["fe80::1%eth0"], false],
    [["::ffff:10.0.0.1"], false],
  ])("of a name that resolves to %j: %s", async (addresses, expected) => {
    const resolve = () => Promise.resolve(addresses);
    expect(await isPublicHost("app.example.com", resolve)).toBe(expected);
  });

  it("is a publicly routed address, which is not resolved", async () => {
    const resolve = () => Promise.reject(new Error("asked"));
    expect(await isPublicHost("93.184.215.14", resolve)).toBe(true);
    expect(await isPublicHost("[2606:2800:21f::1]", resolve)).toBe(true);
    expect(await isPublicHost("10.1.2.3", resolve)).toBe(false);
    expect(await isPublicHost("metadata.internal", resolve)).toBe(false);
  });

  it("throws when the name cannot be resolved", async () => {
    const resolve = () => Promise.reject(new Error("ENOTFOUND"));
    await expect(isPublicHost("app.example.com", resolve)).rejects
      .toThrow("ENOTFOUND");
  });

  it("is resolved as the machine does it on hosted's Deno", async () => {
    const addresses = await onHostedDeno<{ address: string }[]>(`
      import { lookup } from "node:dns/promises";
      console.log(JSON.stringify(await lookup("localhost", { all: true })));`);
    expect(addresses.map(({ address }) => address)).toContain("127.0.0.1");
  });
});
