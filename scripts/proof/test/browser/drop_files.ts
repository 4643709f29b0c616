import type { Locator } from "playwright-core";

/** What browsers have and Deno does not. */
interface BrowserGlobals {
  DataTransfer: new () => { items: { add(file: File): void } };
}

export interface DroppedFile {
  name: string;
  bytes: Uint8Array;
  /** By default `application/pdf`. */
  type?: string;
}

/** Drops files as a person does from another window. */
export async function dropFiles(zone: Locator, files: DroppedFile[]): Promise<void> {
  const given = files.map(({ name, bytes, type = "application/pdf" }) => ({ name, type, base64: toBase64(bytes) }));
  const data = await zone.page().evaluateHandle((given) => {
    const { DataTransfer } = globalThis as unknown as BrowserGlobals;
    const transfer = new DataTransfer();
    for (const { name, type, base64 } of given) {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      transfer.items.add(new File([bytes], name, { type }));
    }
    return transfer;
  }, given);
  await zone.dispatchEvent("dragover", { dataTransfer: data });
  await zone.dispatchEvent("drop", { dataTransfer: data });
}

function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
