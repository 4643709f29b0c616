import { afterEach, describe, expect, it } from "vitest";
import { ControlClient } from "../../../../platform/simulators/control_client.ts";
import { axeFaults } from "../../browser/accessibility.ts";
import { withBrowser } from "../../browser/browser.ts";
import { auditOf, expectAccessible, openAs, panel, uploadOne } from "./operator_screens.ts";
import { stack } from "./open_console.ts";
import { asSuperuser, createPerson } from "./people.ts";

const llamaparse = new ControlClient(stack.llamaparseUrl);

withBrowser();
afterEach(async () => {
  await llamaparse.reset();
  await asSuperuser((sql) =>
    sql`update pipeline_internal.providers
        set opened_at = null, probe_at = null, failure_count = 0, fault = null, fault_count = 0, requests_per_minute = 300
        where provider = 'llamaparse'`
  );
});

describe("providers", () => {
  it("shows why a circuit is open, and what became of a probe that failed and of one that succeeded", async () => {
    await llamaparse.faults({ next_responses: [{ route: "create", status: 402, count: 99 }] });
    const owner = await createPerson();
    const documentId = await uploadOne(owner);
    const { page, operator } = await openAs("operator", "/providers");
    const provider = panel(page, "llamaparse");
    await provider.getByText("circuit open").waitFor();
    await provider.getByText("LLAMAPARSE_OUT_OF_CREDITS").waitFor();
    await provider.getByText("the account's credit is used up").waitFor();
    expect(await axeFaults(page)).toEqual([]);

    await provider.getByRole("button", { name: "Probe now" }).click();
    await provider.getByText("Probe failed.").waitFor();
    expect((await owner.pipeline.status(documentId)).status).toBe("uploaded");

    await llamaparse.reset();
    await provider.getByRole("button", { name: "Probe now" }).click();
    await provider.getByText("Probe succeeded.").waitFor();
    await provider.getByText("circuit closed").waitFor();
    expect(await provider.getByRole("button", { name: "Probe now" }).isDisabled()).toBe(true);
    await owner.pipeline.waitUntilComplete(documentId);
    expect((await auditOf(operator)).map(({ action, details }) => [action, details.provider])).toEqual([
      ["probe_provider", "llamaparse"],
      ["probe_provider", "llamaparse"],
    ]);
  });

  it("changes rates, with a warning and an audit entry", async () => {
    const { page, operator, faults } = await openAs("operator", "/providers");
    await panel(page, "llamaparse").getByRole("button", { name: "Rates …" }).click();
    const dialog = page.getByRole("dialog", { name: "Rates of llamaparse" });
    await dialog.getByLabel("requests_per_minute").fill("600");
    await dialog.getByText("the provider throttles, and its circuit opens").waitFor();
    await dialog.getByRole("button", { name: "Save" }).click();
    await panel(page, "llamaparse").getByText("600 a minute").waitFor();
    expect(await auditOf(operator)).toMatchObject([{
      action: "setting_changed",
      details: { setting: "providers", row: { provider: "llamaparse" }, to: { requests_per_minute: 600 } },
    }]);
    expect(faults).toEqual([]);
  });

  it("lets a viewer read, and refuses what a viewer does", async () => {
    const { page, operator: viewer } = await openAs("viewer", "/providers");
    await panel(page, "openai").getByText("circuit closed").waitFor();
    expect(await page.getByRole("button", { name: /Probe|Rates/ }).count()).toBe(0);
    const { error } = await viewer.supabase.schema("pipeline_console").rpc("probe_provider", { p_provider: "openai" });
    expect(error).toMatchObject({ code: "42501" });
  });

  it("is accessible, narrow, light and dark", async () => {
    await expectAccessible(
      "/providers",
      "Providers",
      (page) => panel(page, "openai").getByText("1,000,000 left").waitFor(),
    );
  });
});
