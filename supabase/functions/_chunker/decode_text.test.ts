import { expect, it } from "vitest";
import { decodeText } from "./decode_text.ts";

const utf16 = (text: string, littleEndian: boolean) => {
  const bytes = new DataView(new ArrayBuffer(text.length * 2 + 2));
  bytes.setUint16(0, 0xfeff, littleEndian);
  for (let i = 0; i < text.length; i++) {
    bytes.setUint16(2 + i * 2, text.charCodeAt(i), littleEndian);
  }
  return new Uint8Array(bytes.buffer);
};

it.each(["Zürich, 東京 😀", "", "x"])("reads %j in each encoding", (text) => {
  const utf8 = new TextEncoder().encode(text);
  expect(decodeText(utf8)).toBe(text);
  expect(decodeText(new Uint8Array([0xef, 0xbb, 0xbf, ...utf8]))).toBe(text);
  expect(decodeText(utf16(text, true))).toBe(text);
  expect(decodeText(utf16(text, false))).toBe(text);
});

it.each([
  ["Latin-1", [0x5a, 0xfc, 0x72]],
  ["half a character in UTF-8", [0x61, 0xe6, 0x9d]],
  ["half a character in UTF-16", [0xff, 0xfe, 0x61]],
  ["half a pair in UTF-16", [0xff, 0xfe, 0x3d, 0xd8]],
])("returns null for %s", (_, bytes) => {
  expect(decodeText(new Uint8Array(bytes))).toBeNull();
});
