import { describe, expect, test } from "vitest";
import { hmacHex, jobSecret, verifyHmac } from "./signature.ts";

const jobId = "0b780576-24d4-5f60-a700-b14c08f7da3e";

describe("hmacHex", () => {
  test("gives the digest of RFC 4231, test case 2", () => {
    expect(hmacHex("Jefe", "what do ya want for nothing?")).toBe(
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    );
  });

  test("signs bytes and their text alike", () => {
    expect(hmacHex("key", new TextEncoder().encode("é"))).toBe(
      hmacHex("key", "é"),
    );
  });
});

describe("verifyHmac", () => {
  test("accepts the right signature, in upper or lower case", () => {
    const signature = hmacHex("key", "body");
    expect(verifyHmac("key", "body", signature)).toBe(true);
    expect(verifyHmac("key", "body", signature.toUpperCase())).toBe(true);
  });

  test("refuses another body, another secret and a changed digit", () => {
    const signature = hmacHex("key", "body");
    const changed = (signature[0] === "0" ? "1" : "0") + signature.slice(1);
    expect(verifyHmac("key", "body ", signature)).toBe(false);
    expect(verifyHmac("other", "body", signature)).toBe(false);
    expect(verifyHmac("key", "body", changed)).toBe(false);
  });

  test.each(["", "00", "zz".repeat(32), " ".repeat(64)])(
    "refuses a malformed signature: %j",
    (signature) => {
      expect(verifyHmac("key", "body", signature)).toBe(false);
    },
  );
});

describe("jobSecret", () => {
  test("differs from job to job and from secret to secret", () => {
    const other = "766e8693-7fd5-465e-9ee4-4a9b3a696480";
    const secrets = [
      jobSecret("one", jobId),
      jobSecret("one", other),
      jobSecret("two", jobId),
    ];
    expect(new Set(secrets).size).toBe(3);
  });

  test("does not depend on how the id is written", () => {
    expect(jobSecret("one", jobId.toUpperCase())).toBe(
      hmacHex("one", `job:${jobId}`),
    );
  });
});
