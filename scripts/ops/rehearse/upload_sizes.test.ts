import { expect, test } from "vitest";
import { MAX_FUNCTION_BYTES } from "../../dev/build/bundle.ts";
import { tooLarge, uploadSizes } from "./upload_sizes.ts";

const upload = (slug: string, ...sizes: number[]) => ({
  slug,
  metadata: { name: slug, entrypoint_path: "0", verify_jwt: false },
  files: sizes.map((size, index) => ({
    path: String(index),
    bytes: new Uint8Array(size),
  })),
});

test("a function's size is that of all its files, and its room what is left of what hosted takes", () => {
  const quarter = MAX_FUNCTION_BYTES / 4;
  const [heading, , ...rows] = uploadSizes([
    upload("api", quarter, quarter),
    upload("worker", 3 * quarter),
  ]);
  expect(heading).toMatch(/function +files +bytes sent +limit +room/);
  expect(rows).toEqual([
    expect.stringMatching(/^api +2 +2,621,440 +5\.0 MB +50 %$/),
    expect.stringMatching(/^worker +1 +3,932,160 +5\.0 MB +25 %$/),
  ]);
});

test("one that is larger than hosted takes is named, one that just fits is not", () => {
  expect(tooLarge([
    upload("fits", MAX_FUNCTION_BYTES),
    upload("not", MAX_FUNCTION_BYTES, 1),
  ])).toEqual([
    "not is sent with 5,242,881 bytes; hosted takes 5,242,880",
  ]);
});
