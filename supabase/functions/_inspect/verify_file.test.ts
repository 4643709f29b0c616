import { describe, expect, it } from "vitest";
import { sha256Hex } from "../_shared/hash.ts";
import { FILE_TYPES } from "./file_types.ts";
import { verifyFile } from "./verify_file.ts";

const bytes = new TextEncoder().encode("%PDF-1.7\n…");
const sha256 = await sha256Hex(bytes);
const announced = { bytesLen: bytes.length, sha256, mime: "application/pdf" };

describe("verifyFile", () => {
  it("accepts the announced file", () => {
    expect(verifyFile(bytes, sha256, announced)).toBeNull();
  });

  it("names a wrong size, sha256 and type", () => {
    const codeOf = (data: Uint8Array, hash: string, changed = {}) =>
      verifyFile(data, hash, { ...announced, ...changed })?.code;
    expect(codeOf(bytes, sha256, { bytesLen: 3 })).toBe("SIZE_MISMATCH");
    expect(codeOf(bytes, sha256, { sha256: "0".repeat(64) })).toBe(
      "SHA256_MISMATCH",
    );

    const text = new TextEncoder().encode("just text");
    const other = { bytesLen: text.length, sha256 };
    expect(codeOf(text, sha256, other)).toBe("NOT_A_PDF");
  });

  it("finds a PDF header after a few bytes, as readers do", () => {
    const shifted = new TextEncoder().encode("\n".repeat(100) + "%PDF-1.4");
    const late = new TextEncoder().encode("\n".repeat(2000) + "%PDF-1.4");
    const check = (data: Uint8Array) => verifyFile(data, sha256, { ...announced, bytesLen: data.length });
    expect(check(shifted)).toBeNull();
    expect(check(late)?.code).toBe("NOT_A_PDF");
  });

  it("names the type that the bytes do not have", () => {
    const nothing = new Uint8Array([0, 1, 2]);
    for (const { mime, name, extension } of FILE_TYPES) {
      const fault = verifyFile(nothing, sha256, { bytesLen: 3, sha256, mime });
      expect(fault?.code).toBe(
        extension === "pdf" ? "NOT_A_PDF" : "TYPE_MISMATCH",
      );
      expect(fault?.message).toContain(name);
    }
  });

  it("refuses an unknown type", () => {
    const mime = "application/x-msdownload";
    const fault = verifyFile(bytes, sha256, { ...announced, mime });
    expect(fault?.code).toBe("TYPE_MISMATCH");
  });
});
