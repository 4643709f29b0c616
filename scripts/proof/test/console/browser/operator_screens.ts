import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";
import { makeDocument } from "../../../../platform/test_stack/documents.ts";
import { axeFaults, fitsWidth } from "../../browser/accessibility.ts";
import { openConsole } from "./open_console.ts";
import { asSuperuser, createPerson, type Person } from "./people.ts";

/** A titled part of a screen. */
export function panel(page: Page, name: string): Locator {
  return page.getByRole("region", { name, exact: true });
}

/** Opens a screen as a new operator or viewer. */
export async function openAs(role: "operator" | "viewer", at: string, options: { width?: number } = {}) {
  const operator = await createPerson(role);
  return { operator, ...await openConsole({ as: operator, at, ...options }) };
}

/** Uploads a document that no one has, as this user. */
export async function uploadOne(owner: Person, filename = "minutes.pdf"): Promise<string> {
  const { documentId } = await owner.pipeline.upload(await makeDocument(crypto.randomUUID()), { filename });
  return documentId;
}

/** The audit entries of an operator, oldest first. */
export function auditOf({ id }: Person): Promise<{ action: string; details: Record<string, unknown> }[]> {
  return asSuperuser((sql) =>
    sql`select action, details from pipeline_internal.audit_log where operator_id = ${id} order by audit_no`
  );
}

/** A screen as an operator and as a viewer sees it: at 360 px, in both appearances, without a serious finding. */
export async function expectAccessible(at: string, heading: string, isShown: (page: Page) => Promise<unknown>) {
  const viewer = await createPerson("viewer");
  for (const colorScheme of ["light", "dark"] as const) {
    const { page, faults } = await openConsole({ as: viewer, at, colorScheme, width: 360 });
    await page.getByRole("heading", { level: 1, name: heading }).waitFor();
    await isShown(page);
    expect(await page.getByText(/NaN|undefined|Infinity/).count()).toBe(0);
    expect(await axeFaults(page)).toEqual([]);
    expect(await fitsWidth(page)).toBe(true);
    expect(faults).toEqual([]);
  }
}
