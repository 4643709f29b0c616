import { describe, expect, it, onTestFinished } from "vitest";
import { makeDocument } from "../../../../platform/test_stack/documents.ts";
import { axeFaults, fitsWidth } from "../../browser/accessibility.ts";
import { withBrowser } from "../../browser/browser.ts";
import { openConsole } from "./open_console.ts";
import { asSuperuser, createPerson } from "./people.ts";

withBrowser();

/** A user whose document was parsed and embedded, and charged. */
async function createPayer(filename: string) {
  const user = await createPerson();
  const bytes = await makeDocument(crypto.randomUUID());
  const { documentId } = await user.pipeline.upload(new File([bytes.slice()], filename, { type: "application/pdf" }));
  await user.pipeline.waitUntilComplete(documentId);
  return { user, documentId };
}

describe("costs", () => {
  it("shows what was charged by day, user and document", async () => {
    const filename = `report ${crypto.randomUUID()}.pdf`;
    const { user } = await createPayer(filename);
    const { page, faults } = await openConsole({ as: await createPerson("viewer"), at: `/costs?user=${user.id}` });
    const plot = page.getByRole("figure", { name: "Costs of the last 30 days (UTC)" });
    await plot.getByText("As a table").click();
    const today = new Date().toISOString().slice(0, 10);
    expect(await plot.getByRole("row").filter({ hasText: today }).innerText()).toMatch(/\$\d+\.\d*[1-9]/);
    await page.getByRole("region", { name: "Costs by purpose and model" }).getByText("cost_effective").waitFor();
    await page.getByRole("region", { name: "Costs by user" }).getByRole("row").nth(1).waitFor();
    const documents = page.getByRole("region", { name: "Costs by document" });
    await documents.getByRole("link", { name: filename }).waitFor();
    expect(await documents.getByRole("row").count()).toBe(2);
    await page.getByText("of what was charged").first().waitFor();
    expect(await axeFaults(page)).toEqual([]);

    await page.getByRole("button", { name: "90 days" }).click();
    await page.getByRole("button", { name: "By tier and model" }).click();
    await page.getByRole("figure", { name: "Costs of the last 90 days (UTC)" }).getByText("cost_effective").first()
      .waitFor();
    expect(page.url()).toContain("days=90");
    expect(page.url()).toContain("by=model");
    await page.getByRole("button", { name: "Of all users" }).click();
    await page.getByRole("button", { name: "Of all users" }).waitFor({ state: "detached" });
    expect(page.url()).not.toContain("user=");
    expect(faults).toEqual([]);
  });

  it("says how much of the month's budget is used", async () => {
    await createPayer("report.pdf");
    onTestFinished(async () => {
      await asSuperuser((sql) => sql`update pipeline_internal.limits set monthly_budget_cents = null`);
    });
    await asSuperuser((sql) =>
      sql`update pipeline_internal.limits set monthly_budget_cents = 1.05 * pipeline_internal.committed_cents()`
    );
    const { page } = await openConsole({ as: await createPerson("viewer"), at: "/costs", width: 360 });
    await page.getByText(/9\d % of the budget is spent or reserved/).waitFor();
    expect(await fitsWidth(page)).toBe(true);
    await page.getByRole("link", { name: "What to do" }).click();
    await page.getByRole("dialog", { name: "PipelineBudgetNearlySpent" }).getByText("Means:").waitFor();
  });
});

describe("prices", () => {
  it("lets an operator set one, and audits it", async () => {
    const [before] = await asSuperuser((sql) =>
      sql`select cents, credits, source from pipeline_internal.prices where model = 'agentic'`
    );
    onTestFinished(async () => {
      await asSuperuser((sql) =>
        sql`update pipeline_internal.prices set cents = ${before.cents}, credits = ${before.credits},
              source = ${before.source} where model = 'agentic'`
      );
    });
    const operator = await createPerson("operator");
    const { page, faults } = await openConsole({ as: operator, at: "/costs" });
    const row = page.getByRole("region", { name: "Prices" }).getByRole("row").filter({
      has: page.getByText("agentic", { exact: true }),
    });
    await row.getByRole("button", { name: "Change the price of agentic" }).click();
    const dialog = page.getByRole("dialog", { name: "Price of agentic" });
    const dollars = dialog.getByLabel(/^US dollars a page/);
    expect(await dollars.inputValue()).toBe("0.0125");
    await dollars.fill("cheap");
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.getByText("Enter the price in US dollars, zero or more.").waitFor();
    await dollars.fill("0.02");
    await dialog.getByLabel(/^Source/).fill("The contract");
    expect(await axeFaults(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Save" }).click();
    await row.getByText("The contract").waitFor();
    await row.getByText(/0\.02/).waitFor();
    const [entry] = await asSuperuser((sql) =>
      sql`select details from pipeline_internal.audit_log where operator_id = ${operator.id}`
    );
    expect(entry.details).toMatchObject({ setting: "prices", from: { cents: 1.25 }, to: { cents: 2 } });
    expect(faults).toEqual([]);
  });

  it("lets a viewer read, and not act", async () => {
    const viewer = await createPerson("viewer");
    const { page } = await openConsole({ as: viewer, at: "/costs" });
    await page.getByRole("region", { name: "Prices" }).getByText("agentic_plus").waitFor();
    expect(await page.getByRole("button", { name: /^Change the price/ }).count()).toBe(0);
    const { error } = await viewer.supabase.schema("pipeline_console").rpc("set_price", {
      p_unit: "page",
      p_model: "agentic",
      p_cents: 0,
      p_source: "none",
    });
    expect(error?.message).toBe("This needs the role operator.");
  });
});
