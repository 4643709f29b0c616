import { expect, test } from "vitest";
import { expectedRawPath } from "./raw_path.ts";

const USER = "766e8693-7fd5-465e-9ee4-4a9b3a696480";
const SHA256 = "0331f3c86b9de0f8ff372c486bed5572e843c4b6d5f5502e283e1a9483f4635d";

test.each([
  ["application/pdf", "pdf"],
  ["text/markdown", "md"],
  ["image/jpeg", "jpg"],
  ["video/mp4", "bin"],
])(
  "expects a file of type %s under the document's id, as .%s",
  (mime, extension) => {
    expect(expectedRawPath(USER, { sha256: SHA256, mime })).toBe(
      `user/${USER}/raw/0b780576-24d4-5f60-a700-b14c08f7da3e.${extension}`,
    );
  },
);
