import type { Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { REPOSITORY } from "../../../../dev/repository.ts";
import { axeFaults, fitsWidth } from "../../browser/accessibility.ts";
import { withBrowser } from "../../browser/browser.ts";
import { type ConsoleOptions, openConsole } from "./open_console.ts";
import { asSuperuser, createPerson, type Person } from "./people.ts";

const handbook = await Deno.readFile(`${REPOSITORY}/scripts/dev/demo/handbook.pdf`);
const QUESTION = "How much is charged for items returned late?";

let reader: Person;
let operator: Person;

withBrowser();
beforeAll(async () => {
  [reader, operator] = await Promise.all([createPerson(), createPerson("operator")]);
  const { documentId } = await reader.pipeline.upload(handbook, { filename: "handbook.pdf" });
  await reader.pipeline.waitUntilComplete(documentId);
});

const allow = (days: number) => reader.supabase.schema("upload_pipeline").rpc("allow_support_access", { p_days: days });
const withdraw = () => reader.supabase.schema("upload_pipeline").rpc("withdraw_support_access");
const open = (options: ConsoleOptions = {}) => openConsole({ as: operator, at: "/playground", ...options });

async function ask(page: Page, question = QUESTION): Promise<void> {
  await page.getByRole("searchbox", { name: "Question" }).fill(question);
  await page.getByRole("button", { name: "Try" }).click();
}

describe("the playground", () => {
  it("finds for an operator what the user finds, with ranks and times, and shows the user that it was used", async () => {
    expect((await allow(2)).error).toBeNull();
    const { results } = await reader.pipeline.search(QUESTION);
    const { page, faults } = await open();
    await page.getByLabel("Documents of").selectOption(reader.id);
    await ask(page);
    await page.locator(".hit").first().waitFor();
    const ids = await page.locator(".hit").evaluateAll((hits) =>
      (hits as { querySelector(path: string): { textContent: string } }[]).map((hit) =>
        hit.querySelector("code").textContent
      )
    );
    expect(ids).toEqual(results.map(({ chunk_id }) => chunk_id));
    const best = page.locator(".hit").first();
    for (const found of ["Meaning", "Words"]) await best.getByRole("cell", { name: found, exact: true }).waitFor();
    await page.getByText("Meaning by itself").waitFor();
    expect(page.url()).toContain(reader.id);
    expect(page.url()).not.toContain("charged");
    expect(await axeFaults(page)).toEqual([]);
    expect(faults).toEqual([]);

    const { page: theirs } = await openConsole({ as: reader, at: "/account" });
    await theirs.getByRole("cell", { name: "Operator 1" }).waitFor();
    const [entry] = await asSuperuser((sql) =>
      sql`select details from pipeline_internal.audit_log where action = 'try_search' and user_id = ${reader.id}`
    );
    expect(entry.details).toMatchObject({ mode: "hybrid", hits: results.length });
    expect(JSON.stringify(entry)).not.toContain("charged");
  });

  it("explains why a chunk is not among the results", async () => {
    await allow(2);
    const { results } = await reader.pipeline.search(QUESTION, { k: 3 });
    const { page } = await open({ at: `/playground?user=${reader.id}&mode=text&k=1&chunk=${results[2].chunk_id}` });
    await ask(page, "late fees");
    await page.getByRole("heading", { name: /Why not this chunk|among the results/ }).waitFor();
    await page.getByText(`${results[2].chunk_id}:`, { exact: false }).first().waitFor();
  });

  it("refuses once the user has withdrawn it", async () => {
    await allow(2);
    const { page } = await open();
    await page.getByLabel("Documents of").selectOption(reader.id);
    await withdraw();
    await ask(page);
    await page.getByText("This user does not allow operators to try searches on their documents").waitFor();
    expect(await page.locator(".hit").count()).toBe(0);
  });

  it("tries an operator's own documents without permission", async () => {
    const { page } = await open();
    await ask(page);
    await page.getByText("The user's search finds nothing.").waitFor();
  });

  it("says which option is wrong", async () => {
    const { page } = await open({ at: "/playground?documents=nonsense" });
    await ask(page);
    await page.getByText("nonsense is no id of a document.").waitFor();
  });

  it("only tells a viewer who may use it", async () => {
    const { page } = await open({ as: await createPerson("viewer") });
    await page.getByText("Only operators may try searches; you have the role viewer.").waitFor();
    expect(await page.getByRole("button", { name: "Try" }).count()).toBe(0);
  });

  it("fits a narrow window", async () => {
    await allow(2);
    const { page } = await open({ width: 360, colorScheme: "dark" });
    await page.getByLabel("Documents of").selectOption(reader.id);
    await ask(page);
    await page.locator(".hit").first().waitFor();
    expect(await fitsWidth(page)).toBe(true);
    expect(await axeFaults(page)).toEqual([]);
  });
});
