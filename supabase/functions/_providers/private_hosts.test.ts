import { describe, expect, it } from "vitest";
import { isPrivateHost } from "./private_hosts.ts";

const host = (url: string) => new URL(url).hostname;

describe("isPrivateHost", () => {
  it.each([
    "http://localhost:54321",
    "http://LOCALHOST.",
    "http://app.localhost",
    "http://kong:8000",
    "http://db.internal",
    "http://127.0.0.1",
    "http://127.1",
    "http://2130706433",
    "http://0x7f.0.0.1",
    "http://0.0.0.0",
    "http://10.1.2.3",
    "http://172.16.0.1",
    "http://172.31.255.255",
    "http://192.168.1.1",
    "http://169.254.169.254",
    "http://100.64.0.1",
    "http://[::1]",
    "http://[::]",
    "http://[fd00::1]",
    "http://[fe80::1]",
    "http://[::ffff:10.0.0.1]",
    "http://[64:ff9b::7f00:1]",
    "http://[2002:7f00:1::]",
  ])("is true for %s", (url) => expect(isPrivateHost(host(url))).toBe(true));

  it.each([
    "https://api.cloud.llamaindex.ai",
    "https://abc.supabase.co",
    "https://s3.amazonaws.com",
    "https://8.8.8.8",
    "https://172.32.0.1",
    "https://100.128.0.1",
    "https://[2606:4700::1111]",
    "https://127.0.0.1.example.com",
    "https://localhost.example.com",
  ])("is false for %s", (url) => expect(isPrivateHost(host(url))).toBe(false));
});
