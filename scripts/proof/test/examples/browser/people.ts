import type { Page } from "playwright-core";
import { expect } from "vitest";

export interface Person {
  email: string;
  password: string;
}

export function newPerson(): Person {
  return { email: `user-${crypto.randomUUID()}@example.test`, password: "correct horse 7 battery" };
}

export async function signUp(page: Page): Promise<Person> {
  const person = newPerson();
  await page.getByLabel(/I am new here, and agree/).check();
  await page.getByLabel("Email").fill(person.email);
  await page.getByLabel("Password").fill(person.password);
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByText(person.email).waitFor();
  return person;
}

export async function signIn(page: Page, { email, password }: Person): Promise<void> {
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** What browsers have and Deno does not. */
interface BrowserGlobals {
  DataTransfer: new () => { items: { add(file: File): void } };
}

/** Drops files on the page as a person does from another window. */
export async function drop(page: Page, files: { name: string; bytes: Uint8Array }[]): Promise<void> {
  const given = files.map(({ name, bytes }) => ({ name, base64: toBase64(bytes) }));
  const data = await page.evaluateHandle((given) => {
    const { DataTransfer } = globalThis as unknown as BrowserGlobals;
    const transfer = new DataTransfer();
    for (const { name, base64 } of given) {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      transfer.items.add(new File([bytes], name, { type: "application/pdf" }));
    }
    return transfer;
  }, given);
  const zone = page.getByText("Drop PDFs here");
  await zone.dispatchEvent("dragover", { dataTransfer: data });
  await zone.dispatchEvent("drop", { dataTransfer: data });
}

/** A document's entry in the list, by its name. */
export function entry(page: Page, name: string) {
  return page.getByRole("region", { name: "Documents" }).getByRole("listitem").filter({ hasText: name });
}

export async function becomes(page: Page, name: string, text: string | RegExp): Promise<void> {
  await entry(page, name).getByText(text).first().waitFor();
  expect(await entry(page, name).count()).toBe(1);
}

function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
