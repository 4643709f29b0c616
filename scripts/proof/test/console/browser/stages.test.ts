import { afterEach, describe, expect, it } from "vitest";
import { axeFaults } from "../../browser/accessibility.ts";
import { withBrowser } from "../../browser/browser.ts";
import { auditOf, expectAccessible, openAs, panel, uploadOne } from "./operator_screens.ts";
import { openConsole } from "./open_console.ts";
import { asSuperuser, createPerson } from "./people.ts";

withBrowser();
afterEach(() =>
  asSuperuser(async (sql) => {
    await sql`select pipeline_internal.resume_stage(stage) from pipeline_internal.stages`;
    await sql`update pipeline_internal.stages set max_attempts = 3, lease_seconds = 60 where stage = 'chunk'`;
  })
);

describe("stages", () => {
  it("holds documents while a stage is paused, shows their owner that they wait, and lets them go", async () => {
    const { page, operator, faults } = await openAs("operator", "/stages");
    const chunk = panel(page, "chunk");
    await chunk.getByRole("button", { name: "Pause …" }).click();
    const dialog = page.getByRole("dialog", { name: "Pause chunk" });
    await dialog.getByLabel("Reason").fill("the account is being moved");
    expect(await axeFaults(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Pause" }).click();
    await chunk.getByText("the account is being moved").waitFor();
    await chunk.getByText("paused", { exact: true }).waitFor();

    const owner = await createPerson();
    const documentId = await uploadOne(owner, "held.pdf");
    await chunk.locator(".legend li").filter({ hasText: "1 due" }).waitFor();
    const files = await openConsole({ as: owner, at: "/files" });
    await files.page.getByText("held.pdf").waitFor();
    expect(await owner.pipeline.status(documentId)).toMatchObject({ status: "parse_validated", state: "queued" });
    expect(await files.page.getByText("Your document is ready to be searched.").count()).toBe(0);

    await chunk.getByRole("button", { name: "Resume" }).click();
    await files.page.getByText("Your document is ready to be searched.").first().waitFor();
    expect((await owner.pipeline.waitUntilComplete(documentId)).status).toBe("complete");
    await chunk.getByRole("button", { name: "Pause …" }).waitFor();

    const acts = (await auditOf(operator)).filter(({ action }) => action !== "setting_changed");
    expect(acts).toEqual([
      { action: "pause_stage", details: { stage: "chunk", reason: "the account is being moved" } },
      { action: "resume_stage", details: { stage: "chunk" } },
    ]);
    expect(faults).toEqual([]);
  });

  it("asks for the reason of a pause", async () => {
    const { page } = await openAs("operator", "/stages");
    await panel(page, "embed").getByRole("button", { name: "Pause …" }).click();
    const dialog = page.getByRole("dialog", { name: "Pause embed" });
    await dialog.getByRole("button", { name: "Pause" }).click();
    await dialog.getByRole("alert").getByText("A pause needs a reason.").waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    expect(await asSuperuser((sql) => sql`select from pipeline_internal.stages where paused_at is not null`))
      .toHaveLength(0);
  });

  it("changes settings, warns of what they do, and explains what is refused", async () => {
    const { page, operator } = await openAs("operator", "/stages");
    await panel(page, "chunk").getByRole("button", { name: "Settings …" }).click();
    const dialog = page.getByRole("dialog", { name: "Settings of chunk" });
    await dialog.getByLabel("max_attempts").fill("two");
    await dialog.getByText("Enter a number, with a point before decimals.").waitFor();
    expect(await dialog.getByRole("button", { name: "Save" }).isDisabled()).toBe(true);
    await dialog.getByLabel("max_attempts").fill("2");
    await dialog.getByText("Documents that have used 2 attempts here are given up").waitFor();

    await dialog.getByLabel("lease_seconds").fill("0");
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.getByText("Must satisfy: lease_seconds >= 1 and lease_seconds <= 86400.").waitFor();
    expect(await axeFaults(page)).toEqual([]);
    await dialog.getByLabel("lease_seconds").fill("120");
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.waitFor({ state: "hidden" });
    await panel(page, "chunk").getByText("up to 2").waitFor();

    await panel(page, "Latest changes of stages").getByText("chunk max_attempts").first().waitFor();

    const [{ details }] = await auditOf(operator);
    expect(details).toMatchObject({
      setting: "stages",
      row: { stage: "chunk" },
      from: { max_attempts: 3, lease_seconds: 60 },
      to: { max_attempts: 2, lease_seconds: 120 },
    });
  });

  it("lets a viewer read, and refuses what a viewer does", async () => {
    const { page, operator: viewer } = await openAs("viewer", "/stages");
    await panel(page, "parse").getByText("Oldest due").waitFor();
    expect(await page.getByRole("button", { name: /Pause|Resume|Settings/ }).count()).toBe(0);
    await panel(page, "parse").getByText("Settings").click();
    await panel(page, "parse").getByText("Invocations at once.").waitFor();
    const { error } = await viewer.supabase.schema("pipeline_console").rpc("pause_stage", {
      p_stage: "parse",
      p_reason: "a test",
    });
    expect(error).toMatchObject({ code: "42501", message: "This needs the role operator." });
    expect(await auditOf(viewer)).toEqual([]);
  });

  it("keeps the chosen time in the address", async () => {
    const { page } = await openAs("viewer", "/stages?window=24+hours");
    await panel(page, "embed").getByText("in 24 hours", { exact: false }).first().waitFor();
    await page.getByLabel("Figures of the last").selectOption("5 minutes");
    await panel(page, "embed").getByText("in 5 minutes", { exact: false }).first().waitFor();
    expect(page.url()).toContain("window=5+minutes");
  });

  it("is accessible, narrow, light and dark", async () => {
    await expectAccessible("/stages", "Stages", (page) => panel(page, "embed").getByText("Throughput").waitFor());
  });
});
