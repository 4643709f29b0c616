import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import type { Locator, Page } from "playwright-core";
import { afterEach, describe, expect, it, onTestFinished } from "vitest";
import { REPOSITORY } from "../../../../dev/repository.ts";
import { ControlClient } from "../../../../platform/simulators/control_client.ts";
import { answerWith, failPages, failWith } from "../../../../platform/simulators/llamaparse/control.ts";
import { makeDocument } from "../../../../platform/test_stack/documents.ts";
import { axeFaults, fitsWidth } from "../../browser/accessibility.ts";
import { withBrowser } from "../../browser/browser.ts";
import { dropFiles, type DroppedFile } from "../../browser/drop_files.ts";
import { largeDocument, slowDown } from "../../browser/slow_uploads.ts";
import { becomesTrue, type ConsoleOptions, openConsole, stack } from "./open_console.ts";
import { asSuperuser, createPerson, type Person } from "./people.ts";

const READY = "Your document is ready to be searched.";
/** Storage takes resumable uploads in parts of this size. */
const PART_BYTES = 6 * 1024 * 1024;
const WAS_OFFLINE = /ERR_INTERNET_DISCONNECTED|WebSocket/;

const handbook = await Deno.readFile(`${REPOSITORY}/scripts/dev/demo/handbook.pdf`);
const truncated = await Deno.readFile(`${REPOSITORY}/supabase/tests/e2e/fixtures/truncated.pdf`);
const notPdf = await Deno.readFile(`${REPOSITORY}/supabase/tests/e2e/fixtures/not_a_pdf.pdf`);
const HANDBOOK = { name: "handbook.pdf", bytes: handbook };

withBrowser();
afterEach(async () => {
  await new ControlClient(stack.llamaparseUrl).reset();
  await new ControlClient(stack.openaiUrl).reset();
});

async function openFiles(options: ConsoleOptions & { as?: Person } = {}) {
  const person = options.as ?? await createPerson();
  return { person, ...await openConsole({ at: "/files", ...options, as: person }) };
}

async function drop(page: Page, files: DroppedFile[]): Promise<void> {
  await page.getByText("PDF, ").waitFor();
  await dropFiles(page.locator("main"), files);
}

/** A document in the list, by its name. */
function row(page: Page, name: string): Locator {
  return page.getByRole("list", { name: "Your documents" }).getByRole("listitem").filter({ hasText: name });
}

async function becomes(page: Page, name: string, text: string | RegExp): Promise<void> {
  await row(page, name).getByText(text).first().waitFor();
  expect(await row(page, name).count()).toBe(1);
}

/** Documents whose bytes never come. */
async function register({ session }: Person, count: number): Promise<void> {
  const documents = Array.from({ length: count }, (_, n) => ({
    filename: `${n}.pdf`,
    bytes_len: 1_000,
    mime: "application/pdf",
    sha256: randomBytes(32).toString("hex"),
  }));
  const answer = await fetch(`${stack.url}/functions/v1/api/upload-document-backend`, {
    method: "POST",
    headers: { authorization: `Bearer ${session.access_token}`, "content-type": "application/json" },
    body: JSON.stringify({ documents }),
  });
  const answered = await answer.json();
  expect(answered.documents.filter(({ ok }: { ok: boolean }) => ok)).toHaveLength(count);
}

const uploads = (page: Page) => page.getByRole("region", { name: "Uploads" });

/** Waits until so much of the one upload was sent. */
async function hasSent(page: Page, bytes: number): Promise<void> {
  await becomesTrue(page, `document.querySelector("progress")?.value > ${bytes}`);
}

describe("uploads", () => {
  it("takes two files in parallel from their bytes to the search, live", async () => {
    const { page, faults } = await openFiles();
    let loads = 0;
    page.on("load", () => loads++);
    await page.getByText("You have no documents yet.").waitFor();
    await slowDown(page, 1_500_000);
    const files = await Promise.all(["a.pdf", "b.pdf"].map(async (name) => ({
      name,
      bytes: await largeDocument(1_500_000),
    })));
    await drop(page, files);
    const progress = uploads(page).getByRole("progressbar");
    await becomesTrue(
      page,
      '[...document.querySelectorAll("progress")].filter(({ value }) => value > 0).length > 1',
    );
    expect(await progress.count()).toBe(2);
    await becomes(page, "a.pdf", READY);
    await becomes(page, "b.pdf", READY);
    await uploads(page).waitFor({ state: "detached" });
    await page.getByText("Live", { exact: true }).waitFor();
    await page.getByRole("status").filter({ hasText: `b.pdf: ${READY}` }).waitFor({ state: "attached" });
    await row(page, "a.pdf").getByRole("link", { name: "Search in it" }).waitFor();
    expect(loads).toBe(0);
    expect(faults).toEqual([]);
  });

  it("pauses, resumes and cancels an upload when its user asks", async () => {
    const { page, person, faults } = await openFiles();
    await slowDown(page, 400_000);
    await drop(page, [{ name: "large.pdf", bytes: await largeDocument(2_000_000) }]);
    await hasSent(page, 0);
    await uploads(page).getByRole("button", { name: "Pause: large.pdf" }).click();
    await uploads(page).getByText("is paused").waitFor();
    await uploads(page).getByRole("button", { name: "Resume: large.pdf" }).click();
    await becomes(page, "large.pdf", READY);

    await drop(page, [{ name: "unwanted.pdf", bytes: await largeDocument(2_000_000) }]);
    await hasSent(page, 0);
    await uploads(page).getByRole("button", { name: "Cancel: unwanted.pdf" }).click();
    await uploads(page).waitFor({ state: "detached" });
    await expect.poll(async () => (await person.pipeline.documents()).documents.map(({ filename }) => filename))
      .toEqual([
        "large.pdf",
      ]);
    expect(faults).toEqual([]);
  });

  it("continues a large file where it was when the network returns", async () => {
    const { page, context, faults } = await openFiles();
    const scripts: string[] = [];
    const offsets: number[] = [];
    page.on("request", (request) => {
      if (request.resourceType() === "script") scripts.push(request.url());
      if (request.method() === "PATCH") offsets.push(Number(request.headers()["upload-offset"]));
    });
    await drop(page, [HANDBOOK]);
    await becomes(page, "handbook.pdf", READY);
    expect(scripts.filter((url) => url.includes("resumable"))).toEqual([]);

    await slowDown(page, 4_000_000);
    await drop(page, [{ name: "large.pdf", bytes: await largeDocument(2.4 * PART_BYTES) }]);
    await hasSent(page, 1.1 * PART_BYTES);
    expect(scripts.filter((url) => url.includes("resumable"))).toHaveLength(1);
    await context.setOffline(true);
    await page.getByText("Offline", { exact: true }).waitFor();
    await uploads(page).getByText("waits for the internet connection").waitFor();
    offsets.length = 0;
    await context.setOffline(false);
    await becomes(page, "large.pdf", READY);
    expect(offsets[0]).toBeGreaterThanOrEqual(PART_BYTES);
    expect(faults.filter((fault) => !WAS_OFFLINE.test(fault))).toEqual([]);
  });

  it("continue while another screen is shown", async () => {
    const { page, faults } = await openFiles();
    await slowDown(page, 400_000);
    await drop(page, [{ name: "large.pdf", bytes: await largeDocument(1_600_000) }]);
    await hasSent(page, 0);
    await page.getByRole("link", { name: "Search", exact: true }).click();
    await page.getByRole("link", { name: "1 file is being uploaded" }).click();
    await becomes(page, "large.pdf", READY);
    expect(faults).toEqual([]);
  });

  it("says of each file that is not taken why", async () => {
    const { page, faults } = await openFiles();
    await drop(page, [
      { name: "notes.docx", bytes: Uint8Array.of(1), type: "application/msword" },
      { name: "empty.pdf", bytes: new Uint8Array() },
      HANDBOOK,
    ]);
    const refused = page.getByRole("alert").filter({ hasText: "2 files are not uploaded" });
    await refused.getByText("notes.docx: Files of this type are not accepted.").waitFor();
    await refused.getByText("empty.pdf: The file is empty.").waitFor();
    await becomes(page, "handbook.pdf", READY);
    await refused.getByRole("button", { name: "Close" }).click();
    await refused.waitFor({ state: "detached" });
    expect(faults).toEqual([]);
  });

  it("takes the files of a folder that is dragged onto the page, and says which it does not take", async () => {
    const folder = await Deno.makeTempDir();
    onTestFinished(() => Deno.remove(folder, { recursive: true }));
    await Deno.mkdir(`${folder}/reports/old`, { recursive: true });
    await Deno.writeFile(`${folder}/reports/handbook.pdf`, handbook);
    await Deno.writeFile(`${folder}/reports/old/2019.pdf`, await makeDocument("2019"));
    await Deno.writeTextFile(`${folder}/reports/old/notes.docx`, "no PDF");
    await Deno.writeTextFile(`${folder}/reports/.DS_Store`, "the system's");
    const { page, faults } = await openFiles();
    await page.getByText("PDF, ").waitFor();
    const session = await page.context().newCDPSession(page);
    const drag = (type: "dragEnter" | "dragOver" | "drop") => {
      const data = { items: [], files: [`${folder}/reports`], dragOperationsMask: 1 };
      return session.send("Input.dispatchDragEvent", { type, x: 600, y: 500, data });
    };
    await drag("dragEnter");
    await drag("dragOver");
    await page.getByText("Drop the files to upload them").waitFor();
    await drag("drop");
    await page.getByText("Drop the files to upload them").waitFor({ state: "detached" });
    await becomes(page, "handbook.pdf", READY);
    await becomes(page, "2019.pdf", READY);
    const refused = page.getByRole("alert").filter({ hasText: "1 file is not uploaded" });
    await refused.getByText("notes.docx: Files of this type are not accepted.").waitFor();
    expect(faults).toEqual([]);
  });

  it("leads to the terms when the user has not agreed to them, and continues afterwards", async () => {
    const { page, person } = await openFiles();
    await asSuperuser((sql) => sql`update pipeline_internal.limits set required_consent_version = '2026-11'`);
    try {
      await drop(page, [HANDBOOK]);
      const alert = uploads(page).getByRole("alert").filter({ hasText: "Agree to the current terms" });
      expect(await alert.getByRole("link", { name: "Read the terms" }).getAttribute("href")).toBe("#/account");
      await person.pipeline.account.consent("2026-11");
      await alert.getByRole("button", { name: "Resume" }).click();
      await becomes(page, "handbook.pdf", READY);
    } finally {
      await asSuperuser((sql) => sql`update pipeline_internal.limits set required_consent_version = null`);
    }
  });

  it("leads to the document when the same file was uploaded before", async () => {
    const { page, faults } = await openFiles();
    await drop(page, [HANDBOOK]);
    await becomes(page, "handbook.pdf", READY);
    await drop(page, [{ ...HANDBOOK, name: "again.pdf" }]);
    await uploads(page).getByText("again.pdf: You have uploaded this document before.").waitFor();
    await uploads(page).getByRole("link", { name: "Open the document" }).click();
    await page.getByRole("heading", { level: 1, name: "handbook.pdf" }).waitFor();
    await page.goBack();
    await uploads(page).getByRole("button", { name: "Dismiss: again.pdf" }).click();
    await uploads(page).waitFor({ state: "detached" });
    await becomes(page, "handbook.pdf", READY);
    expect(await page.getByRole("list", { name: "Your documents" }).getByRole("listitem").count()).toBe(1);
    expect(faults).toEqual([expect.stringMatching(/upload-document-backend: 409$/)]);
  });

  it("can be chosen with the keyboard alone", async () => {
    const { page } = await openFiles();
    // From now on: the browser learns a little later that choosers are expected.
    const chooser = page.waitForEvent("filechooser");
    await page.getByText("PDF, ").waitFor();
    await page.getByRole("button", { name: "Choose files" }).focus();
    await page.keyboard.press("Enter");
    expect((await chooser).isMultiple()).toBe(true);
    await (await chooser).setFiles({
      name: "handbook.pdf",
      mimeType: "application/pdf",
      buffer: Buffer.from(handbook),
    });
    await becomes(page, "handbook.pdf", READY);
  });
});

describe("documents", () => {
  it("says that it waits for a provider, and when it is tried again", async () => {
    await new ControlClient(stack.openaiUrl).faults({ next_responses: [{ route: "embeddings", status: 503 }] });
    const { page, faults } = await openFiles();
    await drop(page, [HANDBOOK]);
    await becomes(page, "handbook.pdf", /A service that is needed is not available.* Next attempt in \d+ second/);
    await row(page, "handbook.pdf").getByText("Step 6 of 6: Make it searchable").waitFor();
    // Its circuit opens, and is probed after 15 seconds.
    page.context().setDefaultTimeout(60_000);
    await becomes(page, "handbook.pdf", READY);
    expect(faults).toEqual([]);
  });

  it("polls, and says so, when Realtime cannot be reached", async () => {
    const person = await createPerson();
    const { page } = await openConsole({ as: person });
    await page.routeWebSocket(/realtime/, (socket) => socket.close());
    await page.reload();
    await page.getByText("Refreshed every few seconds").waitFor();
    await drop(page, [HANDBOOK]);
    await becomes(page, "handbook.pdf", READY);
  });

  it("come a page at a time when there are many", async () => {
    const person = await createPerson();
    await asSuperuser((sql) => sql`update pipeline_internal.limits set uploads_per_user_per_day = 1000`);
    try {
      for (const count of [40, 20]) await register(person, count);
    } finally {
      await asSuperuser((sql) => sql`update pipeline_internal.limits set uploads_per_user_per_day = 30`);
    }
    const { page, faults } = await openFiles({ as: person });
    const rows = page.getByRole("list", { name: "Your documents" }).getByRole("listitem");
    await page.getByText("50 shown, there are more").waitFor();
    expect(await rows.count()).toBe(50);
    await page.getByRole("button", { name: "Show more" }).click();
    await page.getByText("60 shown", { exact: true }).waitFor();
    expect(await rows.count()).toBe(60);
    await rows.first().getByText("Choose the same file again to continue its upload.").waitFor();
    expect(faults).toEqual([]);
  });

  it("says what is wrong with a corrupt file, and refuses to retry it in plain words", async () => {
    const { page, faults } = await openFiles();
    await drop(page, [{ name: "broken.pdf", bytes: truncated }, { name: "text.pdf", bytes: notPdf }]);
    await becomes(page, "text.pdf", "The file's content does not match its name.");
    await becomes(page, "broken.pdf", "The file is damaged. Open it, save it again, and upload the new copy.");
    await row(page, "broken.pdf").getByRole("button", { name: "Retry" }).click();
    await row(page, "broken.pdf").getByRole("alert").filter({ hasText: "would be refused again" }).waitFor();
    await row(page, "broken.pdf").getByRole("link", { name: "broken.pdf" }).click();
    const steps = page.getByRole("list", { name: "Steps" }).getByRole("listitem");
    await steps.filter({ hasText: "Read the pages" }).getByText("failed").waitFor();
    expect(await steps.filter({ hasText: "Check it" }).innerText()).toMatch(/done/);
    await page.getByRole("link", { name: "All documents" }).click();
    await row(page, "text.pdf").getByRole("link", { name: "text.pdf" }).click();
    await steps.filter({ hasText: "Check it" }).getByText("failed").waitFor();
    expect(faults).toEqual([expect.stringMatching(/\/retry: 409$/)]);
  });

  it("retries a document that failed when its user asks", async () => {
    await failWith(stack.llamaparseUrl, "The parser is confused.");
    const { page, faults } = await openFiles();
    await drop(page, [HANDBOOK]);
    await becomes(page, "handbook.pdf", "Failed");
    await failWith(stack.llamaparseUrl, null);
    await row(page, "handbook.pdf").getByRole("button", { name: "Retry" }).click();
    await becomes(page, "handbook.pdf", READY);
    expect(faults).toEqual([]);
  });

  it("names the pages that were not read, and reads them again when asked", async () => {
    await failPages(stack.llamaparseUrl, [2], { times: 2 });
    const { page, faults } = await openFiles();
    await drop(page, [HANDBOOK]);
    await becomes(page, "handbook.pdf", "Page 2 could not be read.");
    await row(page, "handbook.pdf").getByRole("button", { name: "Read these pages again" }).click();
    await row(page, "handbook.pdf").getByText("Page 2 could not be read.").waitFor({ state: "detached" });
    await becomes(page, "handbook.pdf", READY);
    expect(faults).toEqual([]);
  });

  it("reads chosen pages again, with text recognition", async () => {
    const { page, person, faults } = await openFiles();
    await drop(page, [HANDBOOK]);
    await row(page, "handbook.pdf").getByRole("link", { name: "handbook.pdf", exact: true }).click();
    await page.getByRole("button", { name: "Read again …" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Pages").fill("first");
    await dialog.getByRole("button", { name: "Read again" }).click();
    await dialog.getByRole("alert").getByText("Enter page numbers such as 1-3, 7.").waitFor();
    await dialog.getByLabel("Pages").fill("2-3");
    await dialog.getByLabel(/text in pictures/).check();
    const asked = page.waitForRequest((request) => request.url().endsWith("/reparse"));
    await dialog.getByRole("button", { name: "Read again" }).click();
    expect((await asked).postDataJSON()).toEqual({ pages: [2, 3], ocr: true });
    await expect.poll(async () => (await person.pipeline.jobs()).jobs[0].status).not.toBe("uploaded");
    await page.getByText(READY).first().waitFor();
    expect(faults).toEqual([]);
  });

  it("shows one with its facts, steps, files and text", async () => {
    const { page, faults } = await openFiles();
    await drop(page, [HANDBOOK]);
    await becomes(page, "handbook.pdf", READY);
    await row(page, "handbook.pdf").getByRole("link", { name: "handbook.pdf", exact: true }).click();
    await page.getByRole("region", { name: "Facts" }).getByText("Harbour Library").waitFor();
    const steps = page.getByRole("list", { name: "Steps" }).getByRole("listitem");
    await expect.poll(() => steps.allInnerTexts()).toEqual(Array(6).fill(expect.stringMatching(/done\s+[\d.]+ m?s/)));

    const original = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download: handbook.pdf" }).click();
    expect((await original).suggestedFilename()).toBe("handbook.pdf");
    expect(await Deno.readFile(await (await original).path())).toEqual(handbook);
    const text = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download the text: handbook.pdf" }).click();
    expect(await Deno.readTextFile(await (await text).path())).toContain("# Harbour Library");
    await page.getByRole("button", { name: "Show the text" }).click();
    await page.getByRole("dialog").getByText("# Harbour Library").waitFor();
    await page.keyboard.press("Escape");
    expect(await axeFaults(page)).toEqual([]);
    await page.getByRole("link", { name: "Search in it: handbook.pdf" }).click();
    expect(page.url()).toMatch(/#\/search\?document=[0-9a-f-]{36}$/);
    expect(faults).toEqual([]);
  });

  it("are their owner's alone", async () => {
    const { page, person } = await openFiles();
    await drop(page, [HANDBOOK]);
    await becomes(page, "handbook.pdf", READY);
    const { documents: [{ document_id }] } = await person.pipeline.documents();
    const other = await openFiles();
    await other.page.getByText("You have no documents yet.").waitFor();
    await other.page.evaluate(`location.hash = "#/files/${document_id}"`);
    await other.page.getByText("This document does not exist, or it was deleted.").waitFor();
    expect(await other.page.content()).not.toMatch(/handbook|Harbour/);
  });

  it("are deleted, one or several, when their user confirms it", async () => {
    const { page, faults } = await openFiles();
    const names = ["a.pdf", "b.pdf", "c.pdf"];
    await drop(page, await Promise.all(names.map(async (name) => ({ name, bytes: await makeDocument(name) }))));
    for (const name of names) await becomes(page, name, READY);

    await row(page, "a.pdf").getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
    expect(await row(page, "a.pdf").count()).toBe(1);
    await row(page, "a.pdf").getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await row(page, "a.pdf").waitFor({ state: "detached" });

    await page.getByLabel("Select all shown").check();
    await page.getByRole("button", { name: "Delete selected" }).click();
    await page.getByRole("dialog", { name: "Delete 2 documents?" }).getByRole("button", { name: "Delete" }).click();
    await page.getByText("You have no documents yet.").waitFor();
    expect(faults).toEqual([]);
  });

  it("are filtered and sorted by the address, which can be opened again", async () => {
    const { page, faults } = await openFiles();
    const names = ["report 10.pdf", "report 9.pdf", "invoice.pdf"];
    await drop(page, await Promise.all(names.map(async (name) => ({ name, bytes: await makeDocument(name) }))));
    for (const name of names) await becomes(page, name, READY);
    await page.getByLabel("Name", { exact: true }).fill("REPORT");
    await page.getByLabel("Sort by").selectOption("Name, A to Z");
    await page.getByLabel("State").selectOption("Finished");
    await row(page, "invoice.pdf").waitFor({ state: "detached" });
    await page.waitForURL(/q=REPORT/);
    await page.reload();
    await becomes(page, "report 9.pdf", READY);
    const shown = page.getByRole("list", { name: "Your documents" }).getByRole("listitem").getByRole("link", {
      name: /^report/,
    });
    await expect.poll(() => shown.allInnerTexts()).toEqual(["report 9.pdf", "report 10.pdf"]);
    await page.getByLabel("State").selectOption("Failed");
    await page.getByText("No document matches these filters.").waitFor();
    await page.getByRole("button", { name: "Clear the filters" }).click();
    await becomes(page, "invoice.pdf", READY);
    expect(faults).toEqual([]);
  });
});

describe("names and screens of every kind", () => {
  const HOSTILE = [
    `<img src=x onerror="globalThis.hurt=1"> & <script>globalThis.hurt=1</script>.pdf`,
    "invoice\u202Efdp.exe\u0007\u0000.pdf",
    `${"W".repeat(300)}.pdf`,
    "👩‍👩‍👧 שלום \u0301\u0301\u0301.pdf",
  ];

  it.each(["light", "dark"] as const)("are text within a narrow window, in %s colours", async (colorScheme) => {
    const { page, faults } = await openFiles({ width: 360, height: 800, colorScheme });
    await drop(page, await Promise.all(HOSTILE.map(async (name) => ({ name, bytes: await makeDocument(name) }))));
    await drop(page, [{ name: `${"W".repeat(300)}.exe`, bytes: Uint8Array.of(1), type: "application/x-msdownload" }]);
    await expect.poll(() => page.getByText(READY).count(), { timeout: 30_000 }).toBe(HOSTILE.length);
    expect(await page.evaluate("globalThis.hurt")).toBeUndefined();
    const shown = await page.locator("main").innerText();
    expect(["\u202e", "\u0007"].filter((unseen) => shown.includes(unseen))).toEqual([]);
    await row(page, "<img src=x").waitFor();
    expect(await fitsWidth(page)).toBe(true);
    expect(await axeFaults(page)).toEqual([]);
    for (const name of ["<img src=x", "WWWW"]) {
      await row(page, name).getByRole("link").first().click();
      await page.getByRole("region", { name: "Facts" }).waitFor();
      expect(await fitsWidth(page)).toBe(true);
      expect(await axeFaults(page)).toEqual([]);
      await page.getByRole("button", { name: /^Delete/ }).click();
      expect(await fitsWidth(page)).toBe(true);
      await page.keyboard.press("Escape");
      await page.goBack();
    }
    expect(faults).toEqual([]);
  });

  it("shows a document's text as text", async () => {
    const hostile = `<img src=x onerror="globalThis.hurt=1"><script>globalThis.hurt=1</script> ${"W".repeat(20_000)}`;
    await answerWith(stack.llamaparseUrl, { pages: [{ page_number: 1, success: true, markdown: hostile }] });
    const { page, faults } = await openFiles({ width: 360 });
    await drop(page, [{ name: "hostile.pdf", bytes: await makeDocument("hostile") }]);
    await becomes(page, "hostile.pdf", READY);
    await row(page, "hostile.pdf").getByRole("link", { name: "hostile.pdf", exact: true }).click();
    await page.getByRole("button", { name: "Show the text" }).click();
    await page.getByRole("dialog").getByText("<img src=x").waitFor();
    expect(await page.evaluate("globalThis.hurt")).toBeUndefined();
    expect(await fitsWidth(page)).toBe(true);
    expect(faults).toEqual([]);
  });

  it("are in German when the browser is", async () => {
    const { page, faults } = await openFiles({ locale: "de-DE" });
    await page.getByText("Sie haben noch keine Dokumente.").waitFor();
    await page.getByText("jeweils bis zu 25 MB").waitFor();
    await dropFiles(page.locator("main"), [HANDBOOK, { name: "broken.pdf", bytes: truncated }]);
    await page.getByText("Die Datei ist beschädigt.").waitFor();
    await page.getByText("Ihr Dokument kann durchsucht werden.").waitFor();
    await page.getByRole("link", { name: "handbook.pdf", exact: true }).click();
    await page.getByRole("list", { name: "Schritte" }).getByText("Durchsuchbar machen").waitFor();
    expect(await axeFaults(page)).toEqual([]);
    expect(faults).toEqual([]);
  });
});
