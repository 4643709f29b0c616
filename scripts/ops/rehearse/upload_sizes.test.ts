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

test("sums a function's files, and computes the remaining size on hosted", () => {
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

test("names a function that is too large for hosted, and none that just fits", () => {
  expect(tooLarge([
    upload("fits", MAX_FUNCTION_BYTES),
    upload("not", MAX_FUNCTION_BYTES, 1),
  ])).toEqual([
    "not has 5,242,881 bytes; hosted accepts 5,242,880",
  ]);
});
