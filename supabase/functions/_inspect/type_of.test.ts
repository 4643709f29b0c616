import { expect, it } from "vitest";
import { UNDETERMINED } from "./file_types.ts";
import { typeOf } from "./type_of.ts";

const PDF = "application/pdf";
const ALL = [PDF, "text/markdown", "text/plain", "image/png"];
const text = new TextEncoder().encode("# Notes");
const pdf = new TextEncoder().encode("%PDF-1.7");

const askedFor = (filename: string, allowedMimeTypes: string[]) => () =>
  Promise.resolve({ filename, allowedMimeTypes });
const never = () => Promise.reject(new Error("not asked"));

it("is the announced type, without a query, when the bytes match it", async () => {
  for (const [bytes, mime] of [[pdf, PDF], [text, "text/markdown"]] as const) {
    expect(await typeOf(bytes, mime, never)).toBe(mime);
  }
});

it.each([
  [pdf, "x.md", "text/markdown", ALL, PDF],
  [pdf, "x", UNDETERMINED, ALL, PDF],
  [text, "notes.md", PDF, ALL, "text/markdown"],
  [text, "README", UNDETERMINED, ALL, "text/plain"],
  // Neither the announced type nor an accepted one.
  [pdf, "x.md", "text/markdown", ["text/markdown"], "text/markdown"],
  [text, "x.pdf", PDF, ALL, PDF],
  [text, "README", UNDETERMINED, [PDF], UNDETERMINED],
])("of %s, named %s and announced as %s where %j are accepted, is %s", async (
  bytes,
  filename,
  mime,
  allowed,
  expected,
) => {
  expect(
    await typeOf(bytes, mime, askedFor(filename, allowed)),
  ).toBe(expected);
});
