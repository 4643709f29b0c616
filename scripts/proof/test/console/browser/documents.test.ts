import type { Page } from "playwright-core";
import { afterEach, describe, expect, it } from "vitest";
import { ControlClient } from "../../../../platform/simulators/control_client.ts";
import { makeDocument } from "../../../../platform/test_stack/documents.ts";
import { axeFaults, fitsWidth } from "../../browser/accessibility.ts";
import { withBrowser } from "../../browser/browser.ts";
import { openConsole, stack } from "./open_console.ts";
import { asSuperuser, createPerson, type Person } from "./people.ts";

/** HTML, a script, a change of direction, control characters and a line break, in 120 characters. */
const HOSTILE = '<img src=x onerror="document.title=1"><script>document.title=2</script>\u202Efdp.exe\u0007\u001b[31m\n'
  .padEnd(120, "W");

const openai = new ControlClient(stack.openaiUrl);

withBrowser();
afterEach(() => openai.reset());

/** A complete document of a person. */
async function complete(person: Person, name: string): Promise<string> {
  const { documentId } = await person.pipeline.upload(pdf(name, await makeDocument(crypto.randomUUID())));
  await person.pipeline.waitUntilComplete(documentId);
  return documentId;
}

/** A document that OpenAI refuses. */
async function givenUp(person: Person, name: string): Promise<string> {
  await openai.faults({ next_responses: [{ route: "embeddings", status: 400, count: 1 }] });
  const { documentId } = await person.pipeline.upload(pdf(name, await makeDocument(crypto.randomUUID())));
  await person.pipeline.waitUntilComplete(documentId).catch(() => {});
  return documentId;
}

function pdf(name: string, bytes: Uint8Array): File {
  return new File([bytes as BlobPart], name, { type: "application/pdf" });
}

/** The names in the list. */
function names(page: Page) {
  return page.getByRole("region", { name: "Documents" }).locator("tbody tr td:first-child").allInnerTexts();
}

describe("all documents", () => {
  it("shows the documents of all users, and what a shared address filters", async () => {
    const [ada, ben] = await Promise.all([createPerson(), createPerson()]);
    const [one] = await Promise.all([complete(ada, "one.pdf"), complete(ben, "two.pdf")]);
    await givenUp(ada, "three.pdf");
    const { page, faults } = await openConsole({ as: await createPerson("viewer"), at: "/documents" });
    await page.getByRole("link", { name: "two.pdf" }).waitFor();
    expect((await names(page)).slice(0, 3).toSorted()).toEqual(["one.pdf", "three.pdf", "two.pdf"]);

    await page.getByRole("searchbox", { name: /^User/ }).fill(ada.email);
    await page.getByText("2 documents match, newest first.").waitFor();
    await page.getByLabel("Status").selectOption("complete");
    await page.getByText("1 document match").waitFor();
    expect(await names(page)).toEqual(["one.pdf"]);
    const address = page.url();
    expect(address).not.toContain("@");

    const { page: shared, faults: sharedFaults } = await openConsole({ as: await createPerson("viewer") });
    await shared.goto(address);
    await shared.getByText("1 document match").waitFor();
    expect(await names(shared)).toEqual(["one.pdf"]);
    expect(await shared.getByLabel("Status").inputValue()).toBe("complete");
    expect(await shared.getByRole("searchbox", { name: /^User/ }).inputValue()).toBe(ada.id);
    await shared.getByRole("link", { name: "one.pdf" }).click();
    await shared.getByText(one).first().waitFor();
    expect(faults).toEqual([]);
    expect(sharedFaults).toEqual([]);
  });

  it("loads more, and says what does not match", async () => {
    const person = await createPerson();
    await asSuperuser(async (sql) => {
      await sql.begin(async (tx) => {
        await tx`set local session_replication_role = replica`;
        await tx`
          insert into upload_pipeline.documents (
            document_id, user_id, filename, mime, bytes_len, file_sha256, raw_path, original_path, created_at)
          select gen_random_uuid(), ${person.id}, 'page ' || n, 'application/pdf', 1, repeat('a', 64),
                 'raw ' || ${person.id} || n, 'original ' || ${person.id} || n, now() - n * interval '1 minute'
          from generate_series(1, 60) n`;
        await tx`
          insert into upload_pipeline.upload_jobs (document_id, user_id, status, state, finished_at)
          select document_id, user_id, 'expired', 'done', now() from upload_pipeline.documents
          where user_id = ${person.id}`;
      });
    });
    const { page } = await openConsole({ as: await createPerson("viewer"), at: `/documents?user_id=${person.id}` });
    await page.getByText("60 documents match").waitFor();
    await page.getByRole("link", { name: "page 50" }).waitFor();
    expect(await names(page)).toHaveLength(50);
    await page.getByRole("button", { name: "More" }).click();
    await page.getByRole("link", { name: "page 60" }).waitFor();
    const all = await names(page);
    expect(new Set(all).size).toBe(60);
    expect(all[0]).toBe("page 1");
    await page.getByRole("button", { name: "More" }).waitFor({ state: "detached" });

    await page.getByLabel("Part of the name").fill("no such name");
    await page.getByText("No document matches.").waitFor();
    await page.getByRole("searchbox", { name: /^User/ }).fill("nobody@example.test");
    await page.getByText("No user has this address.").waitFor();
  });
});

describe("a document's page", () => {
  it("explains a document that was given up, and redrives it at a known cost", async () => {
    const documentId = await givenUp(await createPerson(), "refused.pdf");
    const { page, faults } = await openConsole({ as: await createPerson("operator"), at: `/documents/${documentId}` });
    await page.getByText("refused.pdf is not finished: stage embed rejected it", { exact: false }).waitFor();
    await page.getByRole("img", { name: "in all" }).waitFor();
    await page.getByText("As a table").click();
    await page.getByRole("region", { name: "Where the time went" }).last().getByText("OPENAI_REJECTED").first()
      .waitFor();
    const history = page.getByRole("region", { name: "History", exact: true }).last();
    await history.getByText("failed_embedding").first().waitFor();
    expect(await axeFaults(page)).toEqual([]);

    await page.getByRole("button", { name: "Redrive" }).click();
    await page.getByText("Tokens to embed").waitFor();
    await page.getByRole("button", { name: "Redrive 1" }).click();
    await page.getByText("refused.pdf is finished: it is complete.").waitFor();
    await page.getByText("Its owner can have it parsed again").waitFor();
    expect(faults).toEqual([]);
    const [entry] = await asSuperuser((sql) =>
      sql`select actor, operator_id is not null as is_named from pipeline_internal.audit_log
          where action = 'redrive_documents' and subject_id = ${documentId}`
    );
    expect(entry).toEqual({ actor: "operator", is_named: true });
  });

  it("finds a document by its job's id, and says what an unknown id can be", async () => {
    const person = await createPerson();
    const documentId = await complete(person, "found.pdf");
    const [{ job_id }] = await asSuperuser((sql) =>
      sql`select job_id from upload_pipeline.upload_jobs where document_id = ${documentId}`
    );
    const { page } = await openConsole({ as: await createPerson("viewer"), at: "/documents" });
    await page.getByLabel("Any id").fill(job_id);
    await page.getByRole("button", { name: "Open" }).click();
    await page.getByRole("heading", { level: 1, name: "found.pdf" }).waitFor();
    await page.evaluate("location.hash = '#/documents/unknown'");
    await page.getByText("No document has the id").waitFor();
  });

  it("shows a hostile name as text, within the layout", async () => {
    const person = await createPerson();
    const documentId = await complete(person, "harmless.pdf");
    await asSuperuser((sql) =>
      sql`update upload_pipeline.documents set filename = ${HOSTILE} where document_id = ${documentId}`
    );
    const viewer = await createPerson("viewer");
    for (const at of [`/documents?user_id=${person.id}`, `/documents/${documentId}`]) {
      const { page, faults } = await openConsole({ as: viewer, at, width: 360 });
      await page.getByText("<script>document.title=2</script>").first().waitFor();
      expect(await page.title()).not.toMatch(/^[12]$/);
      expect(await page.locator("main img, main script").count()).toBe(0);
      const shown = await page.locator("main").innerText();
      // deno-lint-ignore no-control-regex -- a change of direction, and control characters but the line's end
      expect(shown).not.toMatch(/[\u202e\u0007\u001b]/);
      expect(await fitsWidth(page)).toBe(true);
      expect(await axeFaults(page)).toEqual([]);
      expect(faults).toEqual([]);
    }
  });

  it("offers a viewer no act, and says why", async () => {
    const documentId = await givenUp(await createPerson(), "viewed.pdf");
    const viewer = await createPerson("viewer");
    const { page } = await openConsole({ as: viewer, at: `/documents/${documentId}` });
    await page.getByText("Only an operator can retry or redrive it.").waitFor();
    expect(await page.getByRole("button", { name: "Redrive" }).isDisabled()).toBe(true);
    const { error } = await viewer.supabase.schema("pipeline_console").rpc("redrive", { p_document_id: documentId });
    expect(error).toMatchObject({ code: "42501", message: "This needs the role operator." });
  });
});
