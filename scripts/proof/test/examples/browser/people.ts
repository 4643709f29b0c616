import type { Page } from "playwright-core";
import { expect } from "vitest";
import { dropFiles, type DroppedFile } from "../../browser/drop_files.ts";

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

export async function drop(page: Page, files: DroppedFile[]): Promise<void> {
  await dropFiles(page.getByText("Drop PDFs here"), files);
}

/** A document's entry in the list, by its name. */
export function entry(page: Page, name: string) {
  return page.getByRole("region", { name: "Documents" }).getByRole("listitem").filter({ hasText: name });
}

export async function becomes(page: Page, name: string, text: string | RegExp): Promise<void> {
  await entry(page, name).getByText(text).first().waitFor();
  expect(await entry(page, name).count()).toBe(1);
}
