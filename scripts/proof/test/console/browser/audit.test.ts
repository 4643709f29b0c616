import { describe, expect, it } from "vitest";
import { axeFaults, fitsWidth } from "../../browser/accessibility.ts";
import { withBrowser } from "../../browser/browser.ts";
import { openConsole } from "./open_console.ts";
import { asSuperuser, createPerson } from "./people.ts";

withBrowser();

describe("the audit log", () => {
  it("names the operator who acted in the console, with what was changed", async () => {
    const operator = await createPerson("operator");
    const { error } = await operator.supabase.schema("pipeline_console").rpc("change_alert_rule", {
      p_rule: "PipelineRateLimitStorm",
      p_threshold: 101,
    });
    expect(error).toBeNull();
    await asSuperuser((sql) =>
      sql`update pipeline_internal.alert_rules set threshold = 100 where rule = 'PipelineRateLimitStorm'`
    );

    const { page, faults } = await openConsole({
      as: await createPerson("viewer"),
      at: `/audit?operator=${operator.id}`,
    });
    const entry = page.getByRole("region", { name: "Audit entries" }).getByRole("row").filter({
      hasText: operator.email,
    });
    await entry.getByText("alert_rules PipelineRateLimitStorm: threshold 100 → 101").waitFor();
    expect(await entry.count()).toBe(1);
    expect(await page.getByRole("combobox", { name: "Operator", exact: true }).inputValue()).toBe(operator.id);
    await entry.getByText("Show").click();
    await entry.getByText('"PipelineRateLimitStorm"').waitFor();
    expect(await axeFaults(page)).toEqual([]);
    expect(faults).toEqual([]);
  });

  it("filters by what is chosen, and keeps it in the address", async () => {
    const user = await createPerson();
    await asSuperuser((sql) =>
      sql`select pipeline_internal.record_audit_entry(
            case when n = 1 then 'export' else 'retry' end, ${user.id}, p_request_id => 'request-' || n,
            p_network => '203.0.113.0/24') from generate_series(1, 3) n`
    );
    const { page, faults } = await openConsole({ as: await createPerson("viewer"), at: `/audit?user=${user.id}` });
    const rows = page.getByRole("region", { name: "Audit entries" }).locator("tbody tr");
    await rows.nth(2).waitFor();
    await page.getByRole("combobox", { name: "Action", exact: true }).selectOption("export");
    await rows.nth(1).waitFor({ state: "detached" });
    expect(await rows.innerText()).toContain("203.0.113.0/24");
    expect(page.url()).toContain("action=export");
    await page.reload();
    await rows.filter({ hasText: "export" }).waitFor();
    expect(await rows.count()).toBe(1);
    await page.getByRole("combobox", { name: "Actor", exact: true }).selectOption("operator");
    await page.getByText("No entry matches.").waitFor();
    await page.getByRole("link", { name: "Show all entries" }).click();
    await rows.nth(1).waitFor();
    expect(new URL(page.url()).hash).toBe("#/audit");
    expect(faults).toEqual([]);
  });

  it("shows further entries on demand, each once", async () => {
    const user = await createPerson();
    await asSuperuser((sql) =>
      sql`select pipeline_internal.record_audit_entry('retry', ${user.id}, p_request_id => 'request-' || n)
          from generate_series(1, 60) n`
    );
    const { page } = await openConsole({
      as: await createPerson("viewer"),
      at: `/audit?user=${user.id}&action=retry`,
      width: 360,
    });
    const rows = page.getByRole("region", { name: "Audit entries" }).locator("tbody tr");
    await rows.nth(49).waitFor();
    expect(await rows.count()).toBe(50);
    await page.getByRole("button", { name: "More" }).click();
    await rows.nth(59).waitFor();
    expect(await rows.count()).toBe(60);
    await page.getByRole("button", { name: "More" }).waitFor({ state: "detached" });
    expect(await fitsWidth(page)).toBe(true);
  });

  it("finds nothing for an id that is none", async () => {
    const { page, faults } = await openConsole({ as: await createPerson("viewer"), at: "/audit?subject=abc" });
    await page.getByText("No entry matches.").waitFor();
    expect(faults).toEqual([]);
  });

  it("shows what an entry contains as text", async () => {
    const hostile = `<img src=x onerror="document.title='run'">${"x".repeat(2_000)}`;
    const user = await createPerson();
    await asSuperuser((sql) =>
      sql`select pipeline_internal.record_audit_entry('retry', ${user.id}, p_request_id => ${hostile.slice(0, 150)},
            p_details => ${sql.json({ reason: hostile })})`
    );
    const { page, faults } = await openConsole({
      as: await createPerson("viewer"),
      at: `/audit?user=${user.id}`,
      width: 360,
    });
    await page.getByText("<img src=x").first().waitFor();
    await page.getByText("Show", { exact: true }).first().click();
    expect(await page.locator("main img").count()).toBe(0);
    expect(await page.title()).toBe("Audit log");
    expect(await fitsWidth(page)).toBe(true);
    expect(faults).toEqual([]);
  });
});
