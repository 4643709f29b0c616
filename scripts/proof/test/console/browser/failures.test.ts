import { afterEach, describe, expect, it } from "vitest";
import { ControlClient } from "../../../../platform/simulators/control_client.ts";
import { makeDocument } from "../../../../platform/test_stack/documents.ts";
import { axeFaults, fitsWidth } from "../../browser/accessibility.ts";
import { withBrowser } from "../../browser/browser.ts";
import { openConsole, stack } from "./open_console.ts";
import { asSuperuser, createPerson, type Person } from "./people.ts";

const openai = new ControlClient(stack.openaiUrl);

withBrowser();
afterEach(() => openai.reset());

/** Documents that OpenAI refuses. */
async function giveUp(person: Person, count: number): Promise<string[]> {
  await openai.faults({ next_responses: [{ route: "embeddings", status: 400, count }] });
  const ids: string[] = [];
  for (let n = 0; n < count; n++) {
    const file = new File([await makeDocument(crypto.randomUUID()) as BlobPart], `refused ${n}.pdf`, {
      type: "application/pdf",
    });
    const { documentId } = await person.pipeline.upload(file);
    await person.pipeline.waitUntilComplete(documentId).catch(() => {});
    ids.push(documentId);
  }
  return ids;
}

async function statesOf(documentIds: string[]): Promise<string[]> {
  return await asSuperuser(async (sql) =>
    (await sql`select status from upload_pipeline.upload_jobs where document_id = any (${documentIds}::uuid[])`)
      .map(({ status }) => status)
  );
}

async function stateOf(documentId: string): Promise<string> {
  return await asSuperuser(async (sql) =>
    (await sql`select state from upload_pipeline.upload_jobs where document_id = ${documentId}`)[0].state
  );
}

/** A document whose next attempt is minutes away. */
async function inBackoff(person: Person): Promise<string> {
  return await asSuperuser(async (sql) => {
    const [before] =
      await sql`select backoff_base_seconds as seconds from pipeline_internal.stages where stage = 'embed'`;
    await sql`update pipeline_internal.stages set backoff_base_seconds = 250 where stage = 'embed'`;
    try {
      await openai.faults({ next_responses: [{ route: "embeddings", status: 500, count: 1 }] });
      const bytes = await makeDocument(crypto.randomUUID());
      const file = new File([bytes as BlobPart], "waits.pdf", { type: "application/pdf" });
      const { documentId } = await person.pipeline.upload(file);
      await expect.poll(() => stateOf(documentId), { timeout: 20_000 }).toBe("retryable");
      return documentId;
    } finally {
      await sql`update pipeline_internal.stages set backoff_base_seconds = ${before.seconds} where stage = 'embed'`;
    }
  });
}

describe("the dead letter", () => {
  it("redrives what its dry run showed, and the documents become complete", async () => {
    const person = await createPerson();
    const ids = await giveUp(person, 2);
    const { page, faults } = await openConsole({
      as: await createPerson("operator"),
      at: `/failures?user_id=${person.id}`,
    });
    const reason = page.getByRole("article", { name: "OPENAI_REJECTED" });
    await reason.getByText("2 documents").waitFor();
    await reason.getByText("an operator mends it").waitFor();
    await reason.getByText("compare the request with OpenAI's API").waitFor();
    expect(await axeFaults(page)).toEqual([]);

    await reason.getByRole("button", { name: "Redrive OPENAI_REJECTED" }).click();
    const dialog = page.getByRole("dialog", { name: "Redrive OPENAI_REJECTED" });
    await dialog.getByText("Tokens to embed").waitFor();
    expect(await dialog.locator("dd").first().innerText()).toBe("2");
    expect(await dialog.getByText("$").count()).toBeGreaterThan(0);
    expect(await axeFaults(page)).toEqual([]);
    expect(await statesOf(ids)).toEqual(["failed_embedding", "failed_embedding"]);

    await dialog.getByRole("button", { name: "Redrive 2" }).click();
    await page.getByText("2 redriven.").waitFor();
    await page.getByText("No document that was given up matches.").waitFor();
    await expect.poll(() => statesOf(ids), { timeout: 20_000 }).toEqual(["complete", "complete"]);
    const entries = await asSuperuser((sql) =>
      sql`select details ->> 'redriven' as redriven from pipeline_internal.audit_log
          where action = 'redrive_documents' and user_id = ${person.id} and operator_id is not null`
    );
    expect(entries.map(({ redriven }) => redriven)).toEqual(["2"]);
    expect(faults).toEqual([]);
  });

  it("redrives nothing when the dead letter has changed, and shows what has", async () => {
    const person = await createPerson();
    const ids = await giveUp(person, 2);
    const { page } = await openConsole({ as: await createPerson("operator"), at: `/failures?user_id=${person.id}` });
    await page.getByRole("button", { name: "Redrive OPENAI_REJECTED" }).click();
    await page.getByRole("button", { name: "Redrive 2" }).waitFor();
    // Another operator redrives one.
    await asSuperuser((sql) =>
      sql`select pipeline_internal.redrive(job_id) from upload_pipeline.upload_jobs where document_id = ${ids[0]}`
    );
    await page.getByRole("button", { name: "Redrive 2" }).click();
    await page.getByText("Meanwhile the dead letter has changed: 1 instead of 2 documents match.").waitFor();
    expect((await statesOf([ids[1]]))[0]).toBe("failed_embedding");
    await page.getByRole("button", { name: "Redrive 1" }).click();
    await page.getByText("1 redriven.").waitFor();
  });

  it("retries at once what waits for its next attempt", async () => {
    const person = await createPerson();
    const documentId = await inBackoff(person);
    const { page, faults } = await openConsole({
      as: await createPerson("operator"),
      at: `/failures?user_id=${person.id}`,
    });
    await page.getByRole("button", { name: "Retry OPENAI_UNAVAILABLE now" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Retry now" }).click();
    await page.getByText("1 due now.").waitFor();
    await page.getByText("No document waits for another attempt.").waitFor();
    await person.pipeline.waitUntilComplete(documentId);
    expect(faults).toEqual([]);
  });

  it("restores its filters from a shared address", async () => {
    const person = await createPerson();
    await giveUp(person, 1);
    const until = new Date(Date.now() + 60_000).toISOString();
    const { page } = await openConsole({
      as: await createPerson("viewer"),
      at: `/failures?code=OPENAI_REJECTED&user_id=${person.id}&until=${until}`,
    });
    await page.getByText("1 document for one reason").waitFor();
    expect(await page.getByLabel("Error code").inputValue()).toBe("OPENAI_REJECTED");
    expect(await page.getByLabel("Given up before").inputValue()).not.toBe("");
    await page.getByLabel("Error code").fill("PDF_IS_BROKEN");
    await page.getByText("No document that was given up matches.").waitFor();
    expect(page.url()).toContain("code=PDF_IS_BROKEN");
  });

  it("lets a viewer look, offers no redrive, and fits a narrow screen", async () => {
    const person = await createPerson();
    await giveUp(person, 1);
    const viewer = await createPerson("viewer");
    const { page } = await openConsole({ as: viewer, at: `/failures?user_id=${person.id}`, width: 360 });
    await page.getByText("Only an operator can redrive documents.").waitFor();
    expect(await page.getByRole("button", { name: "Redrive OPENAI_REJECTED" }).isDisabled()).toBe(true);
    expect(await fitsWidth(page)).toBe(true);
    expect(await axeFaults(page)).toEqual([]);
    const { error } = await viewer.supabase.schema("pipeline_console").rpc("redrive", {});
    expect(error).toMatchObject({ code: "42501" });
  });
});
