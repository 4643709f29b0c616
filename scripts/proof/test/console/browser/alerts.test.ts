import { describe, expect, it, onTestFinished } from "vitest";
import { ControlClient } from "../../../../platform/simulators/control_client.ts";
import { makeDocument } from "../../../../platform/test_stack/documents.ts";
import { axeFaults, fitsWidth } from "../../browser/accessibility.ts";
import { withBrowser } from "../../browser/browser.ts";
import { openConsole, stack } from "./open_console.ts";
import { asSuperuser, createPerson } from "./people.ts";

withBrowser();

const RULE = "PipelineCircuitOpen";

/** Has a rule open and close alerts at the next evaluation, instead of after minutes. */
async function hasten(rule: string): Promise<void> {
  const [before] = await asSuperuser((sql) =>
    sql`select for_seconds, keep_firing_seconds from pipeline_internal.alert_rules where rule = ${rule}`
  );
  await asSuperuser((sql) =>
    sql`update pipeline_internal.alert_rules set for_seconds = 0, keep_firing_seconds = 0 where rule = ${rule}`
  );
  onTestFinished(async () => {
    await asSuperuser((sql) =>
      sql`update pipeline_internal.alert_rules set for_seconds = ${before.for_seconds},
            keep_firing_seconds = ${before.keep_firing_seconds} where rule = ${rule}`
    );
  });
}

const evaluate = () => asSuperuser((sql) => sql`select pipeline_internal.evaluate_alerts()`);

describe("alerts", () => {
  it("shows an alert while a provider throttles, with what to do, and its end", async () => {
    await hasten(RULE);
    const openai = new ControlClient(stack.openaiUrl);
    const repair = async () => {
      await openai.reset();
      await asSuperuser((sql) => sql`select pipeline_internal.probe_provider('openai')`);
    };
    onTestFinished(repair);
    await openai.faults({
      next_responses: [{ route: "embeddings", status: 429, headers: { "retry-after": "600" }, count: 500 }],
    });
    const user = await createPerson();
    const bytes = await makeDocument(crypto.randomUUID());
    await user.pipeline.upload(new File([bytes.slice()], "report.pdf", { type: "application/pdf" }));

    const { page, faults } = await openConsole({ as: await createPerson("viewer"), at: "/alerts" });
    const circuit = () =>
      asSuperuser((sql) =>
        sql`select from pipeline_internal.providers where provider = 'openai' and opened_at is not null`
      );
    await expect.poll(async () => (await circuit()).length, { timeout: 60_000 }).toBe(1);
    await evaluate();
    const alert = page.getByRole("article", { name: RULE });
    await alert.getByText("The circuit of openai is open").waitFor();
    await alert.getByText("critical").waitFor();
    const what = alert.getByText(`What to do (${RULE})`);
    if (!await alert.getByText("Means:").isVisible()) await what.click();
    await alert.getByText("Means:").waitFor();
    await alert.getByText("Remedy:").waitFor();
    expect(await axeFaults(page)).toEqual([]);

    await repair();
    await expect.poll(async () => (await circuit()).length, { timeout: 60_000 }).toBe(0);
    await evaluate();
    await alert.waitFor({ state: "detached" });
    await page.getByRole("combobox", { name: "Rule", exact: true }).selectOption(RULE);
    await page.getByRole("combobox", { name: "State", exact: true }).selectOption("closed");
    await page.getByRole("region", { name: "Alerts" }).getByText("The circuit of openai is open").first().waitFor();
    expect(faults).toEqual([]);
  });

  it("shows the runbook of a rule at an address of its own", async () => {
    const { page, faults } = await openConsole({
      as: await createPerson("viewer"),
      at: "/alerts?runbook=PipelineRequestErrors",
      width: 360,
    });
    const dialog = page.getByRole("dialog", { name: "PipelineRequestErrors" });
    await dialog.getByText("more than one request in twenty").waitFor();
    expect(await axeFaults(page)).toEqual([]);
    await dialog.getByRole("link", { name: "PipelineConnectionsHigh" }).click();
    await page.getByRole("dialog", { name: "PipelineConnectionsHigh" }).getByText("Means:").waitFor();
    await page.getByRole("button", { name: "Close" }).click();
    expect(page.url()).not.toContain("runbook");
    expect(await fitsWidth(page)).toBe(true);
    expect(faults).toEqual([]);
  });

  it("says when the rules are not evaluated", async () => {
    await asSuperuser((sql) =>
      sql`select cron.alter_job(jobid, active => false) from cron.job where jobname = 'pipeline-alerts'`
    );
    onTestFinished(async () => {
      await asSuperuser((sql) =>
        sql`select cron.alter_job(jobid, active => true) from cron.job where jobname = 'pipeline-alerts'`
      );
      await evaluate();
    });
    await asSuperuser((sql) =>
      sql`update pipeline_internal.metric_snapshots set read_at = read_at - interval '3 minutes'`
    );
    const { page } = await openConsole({ as: await createPerson("viewer"), at: "/alerts" });
    await page.getByRole("alert").filter({ hasText: "The rules were last evaluated" }).waitFor();
  });
});

describe("rules", () => {
  it("lets an operator change a threshold and disable a rule", async () => {
    const rule = "PipelineDocumentsFailing";
    onTestFinished(async () => {
      await asSuperuser((sql) =>
        sql`update pipeline_internal.alert_rules set threshold = 0.05, is_enabled = true where rule = ${rule}`
      );
    });
    const operator = await createPerson("operator");
    const { page, faults } = await openConsole({ as: operator, at: "/alerts" });
    const row = page.getByRole("region", { name: "Rules" }).getByRole("row").filter({ hasText: rule });
    await row.getByRole("button", { name: `Change ${rule}` }).click();
    const dialog = page.getByRole("dialog");
    const threshold = dialog.getByLabel(/^Threshold in per cent/);
    expect(await threshold.inputValue()).toBe("5");
    await threshold.fill("five");
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.getByText("Enter the threshold as a number.").waitFor();
    await threshold.fill("7.5");
    await dialog.getByLabel("Enabled").uncheck();
    expect(await axeFaults(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Save" }).click();
    await row.getByText("7.5 %").waitFor();
    await row.getByText("disabled").waitFor();
    const [entry] = await asSuperuser((sql) =>
      sql`select details from pipeline_internal.audit_log where operator_id = ${operator.id}`
    );
    expect(entry.details.from).toEqual({ is_enabled: true, threshold: 0.05 });
    expect(entry.details.to).toEqual({ is_enabled: false, threshold: 0.075 });
    expect(faults).toEqual([]);
  });

  it("lets a viewer read, and not act", async () => {
    const viewer = await createPerson("viewer");
    const { page } = await openConsole({ as: viewer, at: "/alerts" });
    await page.getByRole("region", { name: "Rules" }).getByText(RULE).waitFor();
    expect(await page.getByRole("button", { name: /^Change/ }).count()).toBe(0);
    const { error } = await viewer.supabase.schema("pipeline_console").rpc("change_alert_rule", {
      p_rule: RULE,
      p_is_enabled: false,
    });
    expect(error?.message).toBe("This needs the role operator.");
  });
});
