import { afterEach, describe, expect, it } from "vitest";
import { axeFaults, fitsWidth } from "../../browser/accessibility.ts";
import { withBrowser } from "../../browser/browser.ts";
import { openConsole } from "./open_console.ts";
import { asSuperuser, createPerson, setRole } from "./people.ts";

withBrowser();

/** A change is on the screen within so many milliseconds: a second until the pulse is read, and what a busy machine adds. */
const LIVE_WITHIN_MS = 3_000;
const WAIT = { timeout: 20_000 };

afterEach(() => asSuperuser((sql) => sql`select pipeline_internal.resume_stage('chunk')`));

describe("the overview", () => {
  it("turns red when a fault is injected, leads to what mends it, and is calm afterwards", async () => {
    const { page } = await openConsole({ as: await createPerson("viewer"), at: "/overview" });
    const link = page.getByRole("link", { name: "Stages: The stage chunk is paused: a test holds it." });
    await page.getByRole("row", { name: /^chunk \d/ }).waitFor();
    expect(await link.count()).toBe(0);
    const begun = performance.now();
    await asSuperuser((sql) => sql`select pipeline_internal.pause_stage('chunk', 'a test holds it')`);
    await link.waitFor();
    expect(performance.now() - begun).toBeLessThan(LIVE_WITHIN_MS);
    await page.getByRole("row", { name: /chunk paused/ }).waitFor();
    expect(await axeFaults(page)).toEqual([]);
    await asSuperuser((sql) => sql`select pipeline_internal.resume_stage('chunk')`);
    await link.waitFor({ state: "detached" });
    await asSuperuser((sql) => sql`select pipeline_internal.pause_stage('chunk', 'a test holds it')`);
    await link.click();
    await page.getByRole("heading", { level: 1, name: "Stages" }).waitFor();
  });

  it("shows the chosen range, also when the address is opened again", async () => {
    const { page } = await openConsole({ as: await createPerson("viewer"), at: "/overview" });
    await page.getByRole("button", { name: "30 days" }).click();
    await page.getByText("in the last 30 days").first().waitFor();
    expect(new URL(page.url()).hash).toBe("#/overview?range=30+days");
    await page.reload();
    await page.getByRole("button", { name: "30 days", pressed: true }).waitFor();
    for (const range of ["30 days", "24 hours", "1 hour"]) {
      await page.getByRole("button", { name: range }).click();
      await page.locator(".plot-canvas canvas").nth(5).waitFor();
    }
  });

  it("plots documents as they become complete, and has the numbers as a table", async () => {
    const person = await createPerson("viewer");
    const { page } = await openConsole({ as: person, at: "/overview", colorScheme: "dark" });
    const registered = page.locator(".tile", { hasText: "Registered" }).locator(".figure");
    await expect.poll(() => registered.innerText(), WAIT).toMatch(/^\d/);
    const before = Number(await registered.innerText());
    await person.pipeline.upload(new TextEncoder().encode(`%PDF-1.4 ${crypto.randomUUID()}`), { filename: "a.pdf" });
    await asSuperuser((sql) => sql`select pipeline_internal.roll_up_events()`);
    await expect.poll(async () => Number(await registered.innerText()), WAIT).toBeGreaterThan(before);
    const documents = page.getByRole("region", { name: "Documents", exact: true });
    await documents.locator("canvas").waitFor();
    await documents.getByText("As a table").click();
    const table = page.getByRole("region", { name: "Documents registered, completed and failed" });
    await table.getByRole("columnheader", { name: "Registered" }).waitFor();
    expect(await table.getByRole("row").count()).toBeGreaterThan(1);
    expect(await axeFaults(page)).toEqual([]);
  });

  it("fits a narrow screen", async () => {
    const { page } = await openConsole({ as: await createPerson("operator"), at: "/overview", width: 360 });
    await page.locator(".plot-canvas canvas").nth(5).waitFor();
    expect(await fitsWidth(page)).toBe(true);
    expect(await axeFaults(page)).toEqual([]);
  });

  it("refuses a user without a role, and one whose role was withdrawn", async () => {
    const plain = await openConsole({ as: await createPerson(), at: "/overview" });
    await plain.page.getByText("This page does not exist, or your account may not see it.").waitFor();

    const person = await createPerson("viewer");
    const { page } = await openConsole({ as: person, at: "/overview" });
    await page.locator(".tile").first().waitFor();
    await setRole(person.id, null);
    await page.reload();
    await page.getByRole("alert").filter({ hasText: "This needs the role viewer." }).first().waitFor();
    expect(await page.locator(".tile").count()).toBe(0);
  });
});
