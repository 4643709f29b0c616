import postgres from "postgres";
import { describe, expect, it, onTestFinished } from "vitest";
import { withBrowser } from "../../browser/browser.ts";
import { expectAccessible, openAs, panel } from "./operator_screens.ts";
import { stack } from "./open_console.ts";

withBrowser();

describe("tables", () => {
  it("shows sizes, dead rows and the last vacuum, ordered by what the operator looks for", async () => {
    const { page, faults } = await openAs("viewer", "/tables");
    const tables = page.getByRole("region", { name: "Tables" });
    await tables.getByText("upload_pipeline.upload_jobs").waitFor();
    await page.getByLabel("Ordered by").selectOption("dead rows");
    expect(page.url()).toContain("order=dead+rows");
    await page.getByRole("region", { name: "Connections by role" }).getByText("authenticator").waitFor();
    expect(faults).toEqual([]);
  });

  it("names a session that holds vacuum back, and what to do, but never its query", async () => {
    const sql = postgres(stack.adminDatabaseUrl, {
      max: 1,
      connection: { application_name: "forgetful" },
      onnotice: () => {},
    });
    onTestFinished(() => sql.end());
    await sql`begin isolation level repeatable read`;
    await sql`select 'a secret of a query'`;
    const [{ pid }] = await sql`select pg_backend_pid() as pid`;
    const { page } = await openAs("viewer", "/tables");
    const blockers = panel(page, "What holds vacuum back");
    await blockers.getByText("more, which are normal").click();
    const session = blockers.getByRole("listitem").filter({ hasText: `${pid} forgetful` });
    await session.getByText("idle in transaction", { exact: true }).waitFor();
    await session.getByText(`select pg_terminate_backend(${pid});`).waitFor();
    expect(await page.getByText("a secret of a query").count()).toBe(0);
  });

  it("is accessible, narrow, light and dark", async () => {
    await expectAccessible(
      "/tables",
      "Tables",
      (page) => page.getByText("upload_pipeline.upload_jobs", { exact: true }).waitFor(),
    );
  });
});

describe("schedules", () => {
  it("shows that pg_cron and pg_net work, and when each schedule runs next", async () => {
    const { page, faults } = await openAs("viewer", "/schedules");
    await page.getByText("pg_cron works").waitFor();
    const sweep = page.getByRole("row").filter({ hasText: "pipeline-sweep" });
    await sweep.getByText("every 5 seconds").waitFor();
    await sweep.getByText("runs", { exact: true }).waitFor();
    await page.getByRole("row").filter({ hasText: "pipeline-purge" }).getByText("at minute 17 of each hour").waitFor();
    await page.getByText(/pg_net (works|not used)/).waitFor();
    expect(faults).toEqual([]);
  });

  it("is accessible, narrow, light and dark", async () => {
    await expectAccessible("/schedules", "Schedules", (page) => page.getByText("pipeline-sweep").first().waitFor());
  });
});
