import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import type { Page } from "playwright-core";
import { makeDocument } from "../../../platform/test_stack/documents.ts";

/** A PDF of about this many bytes that no compression shrinks; each is another. */
export async function largeDocument(bytes: number): Promise<Uint8Array> {
  const document = await makeDocument(crypto.randomUUID());
  // Comments may stand between the header and the first object; readers find the objects again.
  const comment = new TextEncoder().encode(`%${randomBytes(bytes / 2).toString("hex")}\n`);
  return new Uint8Array(Buffer.concat([document, comment]));
}

/** Sends what the page uploads at this rate. */
export async function slowDown(page: Page, bytesPerSecond: number): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: bytesPerSecond,
  });
}
