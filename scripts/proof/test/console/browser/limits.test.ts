import { afterEach, describe, expect, it } from "vitest";
import { axeFaults } from "../../browser/accessibility.ts";
import { withBrowser } from "../../browser/browser.ts";
import { auditOf, expectAccessible, openAs, panel } from "./operator_screens.ts";
import { asSuperuser, createPerson } from "./people.ts";

withBrowser();
afterEach(() =>
  asSuperuser(async (sql) => {
    await sql`update pipeline_internal.limits set max_pages = default, max_poll_seconds = default,
                first_poll_seconds = default, allowed_mime_types = default`;
    await sql`update pipeline_internal.retention set days = 7 where category = 'worker_runs'`;
    await sql`delete from pipeline_internal.user_budgets`;
  })
);

describe("limits", () => {
  it("changes a limit, shows who did, and marks it as changed", async () => {
    const { page, operator, faults } = await openAs("operator", "/limits");
    await panel(page, "Files").getByRole("button", { name: "Change …" }).click();
    const dialog = page.getByRole("dialog", { name: "Change limits: Files" });
    await dialog.getByLabel("max_pages").fill("300");
    expect(await axeFaults(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.waitFor({ state: "hidden" });

    const row = panel(page, "Files").getByRole("listitem").filter({ hasText: "max_pages" });
    await row.getByText("300").waitFor();
    await row.getByText("changed").waitFor();
    const changes = panel(page, "Latest changes of limits");
    await changes.getByText(operator.email).first().waitFor();
    await changes.getByText("200 → 300").waitFor();
    const { data } = await operator.supabase.schema("pipeline_console").rpc("settings", { p_setting: "limits" });
    expect(data.find((each: { column_name: string }) => each.column_name === "max_pages").value).toBe(300);
    expect(await auditOf(operator)).toMatchObject([{ details: { from: { max_pages: 200 }, to: { max_pages: 300 } } }]);
    expect(faults).toEqual([]);
  });

  it("explains a value that a rule refuses, and saves those that depend on each other together", async () => {
    const { page, operator } = await openAs("operator", "/limits");
    await panel(page, "Parsing").getByRole("button", { name: "Change …" }).click();
    const dialog = page.getByRole("dialog", { name: "Change limits: Parsing" });
    await dialog.getByLabel("first_poll_seconds").fill("90");
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.getByText("Must satisfy: max_poll_seconds >= first_poll_seconds").waitFor();
    expect(await auditOf(operator)).toEqual([]);
    await dialog.getByLabel("max_poll_seconds").fill("120");
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.waitFor({ state: "hidden" });
    await panel(page, "Parsing").getByText("120 s", { exact: false }).first().waitFor();
  });

  it("does not overwrite what another operator changed meanwhile", async () => {
    const { page, operator } = await openAs("operator", "/limits");
    await panel(page, "Files").getByRole("button", { name: "Change …" }).click();
    const dialog = page.getByRole("dialog", { name: "Change limits: Files" });
    await dialog.getByLabel("max_pages").fill("300");
    await asSuperuser((sql) => sql`update pipeline_internal.limits set max_pages = 250`);
    await dialog.getByText("max_pages is 250 now, it was 200").waitFor();
    expect(await dialog.getByRole("button", { name: "Save" }).isDisabled()).toBe(true);
    expect(await asSuperuser((sql) => sql`select max_pages from pipeline_internal.limits`)).toEqual([{
      max_pages: 250,
    }]);
    await dialog.getByRole("button", { name: "Replace these values" }).click();
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.waitFor({ state: "hidden" });
    expect(await auditOf(operator)).toMatchObject([{ details: { from: { max_pages: 250 }, to: { max_pages: 300 } } }]);
  });

  it("finds limits by words, and keeps them in the address", async () => {
    const { page } = await openAs("viewer", "/limits?q=llamaparse+polled");
    await panel(page, "Parsing").getByText("first_poll_seconds", { exact: true }).waitFor();
    expect(await panel(page, "Files").count()).toBe(0);
    await page.getByLabel("Find a limit").fill("worker_runs");
    await panel(page, "Retention").getByText("runs of the workers that have ended").waitFor();
    expect(page.url()).toContain("q=worker_runs");
  });

  it("warns before shorter retention deletes history", async () => {
    const { page } = await openAs("operator", "/limits");
    await panel(page, "Retention").getByRole("button", { name: "Change worker_runs" }).click();
    const dialog = page.getByRole("dialog", { name: "Retention of worker_runs" });
    await dialog.getByLabel("days").fill("3");
    await dialog.getByText("deletes what is older than 3 days. It cannot be undone.").waitFor();
    await dialog.getByRole("button", { name: "Save" }).click();
    await panel(page, "Retention").getByText("3 days", { exact: true }).waitFor();
  });

  it("gives a user a budget of their own", async () => {
    const ada = await createPerson();
    const { page, operator } = await openAs("operator", "/limits");
    const budgets = panel(page, "Monthly budgets of users");
    await budgets.getByLabel("User").fill(ada.email);
    await budgets.getByRole("button", { name: "Find" }).click();
    await budgets.getByText(ada.id).waitFor();
    await budgets.getByText("that of all users").waitFor();
    await budgets.getByRole("button", { name: `Change the budget of ${ada.id}` }).click();
    const dialog = page.getByRole("dialog", { name: "Monthly budget of a user" });
    await dialog.getByLabel("Budget").selectOption("own");
    await dialog.getByLabel("US dollars a month").fill("12,50");
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.getByText("Enter the amount in US dollars, such as 12.50.").waitFor();
    await dialog.getByLabel("US dollars a month").fill("12.50");
    await dialog.getByRole("button", { name: "Save" }).click();
    const row = budgets.getByRole("row").filter({ hasText: ada.id });
    await row.getByText("their own").waitFor();
    await row.getByText("$12.50").waitFor();
    expect(await auditOf(operator)).toMatchObject([{
      details: { setting: "user_budgets", to: { monthly_cents: 1250 } },
    }]);
  });

  it("lets a viewer read, and refuses what a viewer does", async () => {
    const { page, operator: viewer } = await openAs("viewer", "/limits");
    await panel(page, "Files").getByText("max_pages").waitFor();
    expect(await page.getByRole("button", { name: /Change/ }).count()).toBe(0);
    const { error } = await viewer.supabase.schema("pipeline_console").rpc("change_settings", {
      p_setting: "limits",
      p_changes: { max_pages: { value: 1 } },
    });
    expect(error).toMatchObject({ code: "42501" });
  });

  it("is accessible, narrow, light and dark", async () => {
    await expectAccessible("/limits", "Limits", (page) => panel(page, "Retention").getByText("worker_runs").waitFor());
  });
});
