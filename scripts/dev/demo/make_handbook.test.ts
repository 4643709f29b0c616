import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { extractText, getDocumentProxy } from "unpdf";
import { makeHandbook } from "./make_handbook.ts";

const made = await makeHandbook();

test("the committed handbook equals the generated one", async () => {
  const committed = await Deno.readFile(
    new URL("./handbook.pdf", import.meta.url),
  );
  expect(Buffer.compare(committed, made)).toBe(0);
});

test("the handbook has three pages, each with its own text", async () => {
  const { totalPages, text } = await extractText(
    await getDocumentProxy(made.slice()),
  );
  expect(totalPages).toBe(3);
  expect(text[0]).toContain("1.2 Membership tiers and fees");
  expect(text[1]).toContain("Tools and instruments €2.00 €40.00 none");
  expect(text[2]).toContain("7.1 Closed for the tide");
});
