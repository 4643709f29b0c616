import { Buffer } from "node:buffer";
import PDFDocument from "pdfkit";
import * as pdfjs from "pdfjs-dist/legacy/build/pdf.mjs";
import type { Page, Request } from "playwright-core";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { REPOSITORY } from "../../../../dev/repository.ts";
import { ControlClient } from "../../../../platform/simulators/control_client.ts";
import { answerWith } from "../../../../platform/simulators/llamaparse/control.ts";
import { makeDocument } from "../../../../platform/test_stack/documents.ts";
import { axeFaults, fitsWidth } from "../../browser/accessibility.ts";
import { withBrowser } from "../../browser/browser.ts";
import { type ConsoleOptions, openConsole, stack } from "./open_console.ts";
import { createPerson, type Person } from "./people.ts";

const FIXTURES = `${REPOSITORY}/supabase/tests/e2e/fixtures`;
const handbook = await Deno.readFile(`${REPOSITORY}/scripts/dev/demo/handbook.pdf`);
const QUESTION = "How much is charged for items returned late?";

let reader: Person;
let handbookId: string;
let reportId: string;

withBrowser();
beforeAll(async () => {
  reader = await createPerson();
  handbookId = await addDocument(reader, handbook, "handbook.pdf");
  reportId = await addDocument(reader, await makeDocument("harbour"), "report.pdf");
});
afterEach(() => new ControlClient(stack.llamaparseUrl).reset());

/** Uploads a document, and waits until it can be searched. */
async function addDocument({ pipeline }: Person, bytes: Uint8Array, filename: string): Promise<string> {
  const { documentId } = await pipeline.upload(bytes, { filename });
  await pipeline.waitUntilComplete(documentId);
  return documentId;
}

/** Has the parser read a document of one page like this. */
async function reads(markdown: string): Promise<void> {
  await answerWith(stack.llamaparseUrl, { pages: [{ page_number: 1, markdown, success: true }] });
}

async function openSearch({ as = reader, at = "/search", width = 1400, ...options }: ConsoleOptions = {}) {
  const window = await openConsole({ ...options, as, at, width });
  const searches: Request[] = [];
  window.page.on("request", (request) => {
    if (request.method() === "POST" && request.url().endsWith("/api/search")) searches.push(request);
  });
  return { ...window, asked: () => searches.map((request) => request.postDataJSON()) };
}

const box = (page: Page) => page.getByRole("searchbox").first();
const passages = (page: Page) => page.locator("li.passage");
const status = (page: Page, text: string | RegExp) => page.locator(".search-status").getByText(text).waitFor();

async function ask(page: Page, question: string): Promise<void> {
  await box(page).fill(question);
  await box(page).press("Enter");
  await status(page, /by words and meaning|^$/);
}

const letters = (text: string) => text.normalize("NFKC").toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");

/** The letters of what is marked on the page, and of the question's words among it. */
async function marked(page: Page): Promise<{ passage: string; hits: string[] }> {
  await page.locator(".page mark").first().waitFor();
  return {
    passage: letters((await page.locator(".page mark").allInnerTexts()).join("")),
    hits: (await page.locator(".page mark.hit").allInnerTexts()).map(letters),
  };
}

describe("a question", () => {
  it("finds passages with its words marked, and shows the page with the passage marked", async () => {
    const { page, faults } = await openSearch();
    await ask(page, QUESTION);
    const { results: [best] } = await reader.pipeline.search(QUESTION);
    const first = passages(page).first();
    await first.getByRole("heading", { name: "3.2 Late returns" }).waitFor();
    const words = best.highlights.map(({ start, end }) => best.content.slice(start, end));
    expect(await first.locator("mark").allInnerTexts()).toEqual(words);
    expect(await first.innerText()).toContain("handbook.pdf");
    expect(await first.innerText()).toContain("page 2");

    await first.getByRole("button", { name: "Show page 2" }).click();
    await page.getByText("The passage is marked.").waitFor();
    const { passage, hits } = await marked(page);
    expect(passage).toBe(letters(best.content));
    expect(hits.join("")).toBe(letters(words.join("")));
    await expectInPlace(page, 2);
    expect(await axeFaults(page)).toEqual([]);
    expect(faults).toEqual([]);
  });

  it("is asked by words while it is typed, wholly after a pause, and seldom", async () => {
    const { page, asked } = await openSearch();
    await box(page).pressSequentially("when does the library open on sundays", { delay: 60 });
    await status(page, "by words and meaning");
    const modes = asked().map(({ mode }) => mode);
    expect(modes.filter((mode) => mode === "hybrid").length).toBe(1);
    // A busy machine types with pauses; there are 36 letters.
    expect(modes.length).toBeLessThan(8);
    expect(asked().at(-1).query).toBe("when does the library open on sundays");
    await page.getByText("Options").click();
    await page.getByText("While you type, only words are compared").waitFor();
  });

  it("shows the answer to what is in the box, whichever answer comes last", async () => {
    const { page } = await openSearch();
    await page.route("**/api/search", async (route) => {
      // The earlier question's answer takes longer.
      if (route.request().postDataJSON().query.startsWith("tools")) await page.waitForTimeout(1_500);
      await route.continue().catch(() => {});
    });
    await box(page).fill("tools");
    await box(page).press("Enter");
    await box(page).fill("lantern hall");
    await box(page).press("Enter");
    await passages(page).filter({ hasText: "The lantern hall" }).first().waitFor();
    await page.waitForTimeout(2_000);
    expect(await passages(page).first().innerText()).toContain("lantern");
    expect(await box(page).inputValue()).toBe("lantern hall");
  });

  it("is in the address, so that back and reload show it again", async () => {
    const { page } = await openSearch();
    await ask(page, "lantern hall");
    await ask(page, "tool library");
    expect(page.url()).toContain("#/search?q=tool+library");
    await page.goBack();
    await expect.poll(() => box(page).inputValue()).toBe("lantern hall");
    await expect.poll(() => passages(page).first().innerText()).toContain("lantern");
    await passages(page).first().getByRole("button", { name: /Show page/ }).click();
    await page.getByText("The passage is marked.").waitFor();
    await page.reload();
    await page.getByText("The passage is marked.").waitFor();
    expect(await box(page).inputValue()).toBe("lantern hall");
  });

  it("says how it was read, and what to try when nothing was found", async () => {
    const { page } = await openSearch();
    await ask(page, "lantrn hall");
    await page.getByText("“lantrn” occurs in none of your documents.").waitFor();
    await ask(page, '"no such phrase"');
    await page.getByText("Nothing was found.").waitFor();
    await page.getByText("Leave out quotes and minus signs.").waitFor();
    expect(await axeFaults(page)).toEqual([]);
  });

  it("says when it may be asked again, and asks nothing by itself until then", async () => {
    const { page, asked } = await openSearch();
    await page.route("**/api/search", (route) =>
      route.fulfill({
        status: 429,
        headers: {
          "access-control-allow-origin": "*",
          "access-control-expose-headers": "retry-after",
          "retry-after": "300",
        },
        json: { error: { code: "rate_limited", message: "Too many requests.", request_id: crypto.randomUUID() } },
      }));
    await box(page).fill("fees");
    await box(page).press("Enter");
    await page.getByText("That was too often. Try again in 5 minutes.").waitFor();
    await box(page).pressSequentially(" and charges");
    await page.getByText("Press Enter to search.").waitFor();
    expect(asked().length).toBe(1);
  });

  it("leads to the upload when there is no document yet", async () => {
    const { page } = await openSearch({ as: await createPerson() });
    await page.getByText("You have no document yet that can be searched.").waitFor();
    expect(await axeFaults(page)).toEqual([]);
    await page.getByRole("link", { name: "Upload documents" }).click();
    await page.waitForURL("**/#/files");
  });
});

describe("results", () => {
  it("show what stands before and after a passage on demand", async () => {
    const { page, asked } = await openSearch();
    await ask(page, QUESTION);
    const first = passages(page).first();
    expect(await first.getByText("Before it").count()).toBe(0);
    await first.getByRole("button", { name: "Before and after" }).click();
    await first.getByText("Before it").waitFor();
    await first.getByText("3.1 Where to return").waitFor();
    await first.getByText("3.3 Lost or damaged items").waitFor();
    expect(asked().at(-1)).toMatchObject({ expand: 2, document_ids: [handbookId] });
  });

  it("are of the chosen documents alone, which the address names", async () => {
    const { page } = await openSearch();
    await ask(page, "harbour");
    await page.locator("summary").filter({ hasText: "Documents" }).click();
    await page.getByRole("checkbox", { name: "report.pdf" }).check();
    await expect.poll(() => passages(page).filter({ hasNotText: "report.pdf" }).count()).toBe(0);
    expect(await passages(page).count()).toBeGreaterThan(0);
    expect(page.url()).toContain(`document=${reportId}`);
    await page.getByRole("checkbox", { name: "handbook.pdf" }).check();
    await passages(page).filter({ hasText: "handbook.pdf" }).first().waitFor();
    await page.getByRole("button", { name: "Do not restrict to report.pdf" }).click();
    await expect.poll(() => passages(page).filter({ hasText: "report.pdf" }).count()).toBe(0);
    expect(await axeFaults(page)).toEqual([]);
  });

  it("continue with more, each once", async () => {
    const { page } = await openSearch();
    await ask(page, "library");
    const before = await passages(page).count();
    await page.getByRole("button", { name: "More passages" }).click();
    await expect.poll(() => passages(page).count()).toBeGreaterThan(before);
    const titles = await passages(page).getByRole("heading").allInnerTexts();
    expect(new Set(titles).size).toBe(titles.length);
  });

  it("are compared as the options say", async () => {
    const { page, asked } = await openSearch({ at: "/search?q=lantern+hall&mode=text&weak=hidden&each=1" });
    await status(page, /by words$/);
    expect(asked()).toEqual([
      { query: "lantern hall", k: 8, mode: "text", min_score: 0.3, max_per_document: 1 },
    ]);
    await page.getByText("Options").click();
    await page.getByLabel("Compare").selectOption("hybrid");
    await page.getByLabel("Weight").fill("80");
    await expect.poll(() => asked().at(-1).weights?.words).toBe(0.8);
  });

  it("are none for another user, who may know the document's id", async () => {
    const { page } = await openSearch({ as: await createPerson(), at: `/search?q=harbour&document=${handbookId}` });
    await page.getByText("Nothing was found.").waitFor();
    await page.getByText("A document that does not exist, or was deleted").waitFor();
    expect(await passages(page).count()).toBe(0);
    expect(await page.getByText("handbook.pdf").count()).toBe(0);
  });
});

describe("a page", () => {
  it("is turned, enlarged and fitted, also by keyboard, and its text can be selected", async () => {
    const { page } = await openSearch();
    await ask(page, QUESTION);
    await passages(page).first().getByRole("button", { name: "Show page 2" }).click();
    await marked(page);
    const frame = page.getByRole("region", { name: "Page 2" });
    const width = async () => (await page.locator(".page").boundingBox())!.width;
    const fitting = await width();
    await frame.focus();
    await page.keyboard.press("+");
    await expect.poll(width).toBeGreaterThan(fitting * 1.2);
    await page.keyboard.press("0");
    await expect.poll(width).toBeCloseTo(fitting);
    await page.keyboard.press("n");
    await page.locator(".page").getByText("5. The tool library").waitFor();
    await page.getByRole("button", { name: "Back to the passage on page 2" }).click();
    await page.locator(".page mark").first().waitFor();
    await page.getByRole("textbox", { name: "Page" }).fill("1");
    await page.keyboard.press("Enter");
    await page.locator(".page").getByText("1.1 What to bring").selectText();
    expect(await page.evaluate("getSelection().toString()")).toContain("1.1 What to bring");
  });

  it("comes from a file that is downloaded once for all of its passages", async () => {
    const { page } = await openSearch();
    let downloads = 0;
    page.on("request", (request) => {
      if (request.method() === "GET" && request.url().includes("/storage/v1/")) downloads++;
    });
    await ask(page, QUESTION);
    for (const n of [0, 1, 0]) {
      await passages(page).nth(n).getByRole("button", { name: /Show page/ }).click();
      await page.getByText("The passage is marked.").waitFor();
    }
    await page.getByRole("button", { name: "Close" }).click();
    await page.getByRole("link", { name: "Account" }).click();
    await page.getByRole("link", { name: "Search" }).click();
    await ask(page, QUESTION);
    await passages(page).nth(1).getByRole("button", { name: /Show page/ }).click();
    await page.getByText("The passage is marked.").waitFor();
    expect(downloads).toBe(1);
  });

  it("opens over the results on a narrow screen", async () => {
    const { page, faults } = await openSearch({ width: 360 });
    await ask(page, QUESTION);
    expect(await fitsWidth(page)).toBe(true);
    expect(await axeFaults(page)).toEqual([]);
    const show = passages(page).first().getByRole("button", { name: "Show page 2" });
    await show.click();
    await page.getByRole("dialog").getByText("The passage is marked.").waitFor();
    await marked(page);
    expect(await fitsWidth(page)).toBe(true);
    expect(await axeFaults(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    expect(await page.evaluate("document.activeElement.textContent")).toBe(await show.textContent());
    expect(faults).toEqual([]);
  });

  it("has a passage of Chinese marked whose font is not in the file", async () => {
    const person = await createPerson();
    await reads("图书馆星期日上午十点开放");
    await addDocument(person, chinesePdf("图书馆星期日上午十点开放"), "rules.pdf");
    const { page, faults } = await openSearch({ as: person });
    await ask(page, "图书馆");
    await passages(page).first().getByRole("button", { name: "Show page 1" }).click();
    expect((await marked(page)).passage).toBe("图书馆星期日上午十点开放");
    expect(faults).toEqual([]);
  });

  it("says that it is a scan, and marks nothing", async () => {
    const person = await createPerson();
    await reads("# Permit\n\nThe harbour master grants the permit for one season.");
    await addDocument(person, await Deno.readFile(`${FIXTURES}/cases/p01-scanned.pdf`), "scan.pdf");
    const { page } = await openSearch({ as: person });
    await ask(page, "permit season");
    await passages(page).first().getByRole("button", { name: "Show page 1" }).click();
    await page.getByText("Page 1 is a picture without text, such as a scan.").waitFor();
    await page.locator(".page canvas").waitFor();
    expect(await page.locator(".page mark").count()).toBe(0);
  });

  it("says that its text is another, and marks nothing", async () => {
    const person = await createPerson();
    await reads("The quarterly turnover rose by eleven percent, which was a surprise.");
    await addDocument(person, await makeDocument("other"), "other.pdf");
    const { page } = await openSearch({ as: person });
    await ask(page, "turnover");
    await passages(page).first().getByRole("button", { name: "Show page 1" }).click();
    await page.getByText("The text within page 1 differs from what was read from it").waitFor();
    await page.locator(".page canvas").waitFor();
    expect(await page.locator(".page mark").count()).toBe(0);
  });

  it.each([
    ["encrypted.pdf", "The file is protected by a password"],
    ["not_a_pdf.pdf", "The file is damaged"],
  ])("says why %s cannot be shown, and keeps the passage's text", async (file, sentence) => {
    const { page } = await openSearch();
    const body = Buffer.from(await Deno.readFile(`${FIXTURES}/${file}`));
    await page.route(
      "**/storage/v1/**",
      (route) =>
        route.fulfill({ body, contentType: "application/pdf", headers: { "access-control-allow-origin": "*" } }),
    );
    await ask(page, QUESTION);
    await passages(page).first().getByRole("button", { name: "Show page 2" }).click();
    await page.getByRole("alert").getByText(sentence).waitFor();
    await passages(page).first().getByText("Juniors pay no late charges").waitFor();
    expect(await axeFaults(page)).toEqual([]);
  });

  it("is asked for again when the network was away", async () => {
    const { page } = await openSearch();
    await ask(page, QUESTION);
    await page.route("**/storage/v1/**", (route) => route.abort("connectionreset"));
    await passages(page).first().getByRole("button", { name: "Show page 2" }).click();
    await page.getByRole("alert").getByText("There is no connection.").waitFor();
    await page.unroute("**/storage/v1/**");
    await page.route("**/pdf_worker*", (route) => route.abort("connectionreset"));
    await page.getByRole("alert").getByRole("button", { name: "Try again" }).click();
    await page.getByRole("alert").getByText("What shows PDFs could not be loaded.").waitFor();
    await page.unroute("**/pdf_worker*");
    await page.getByRole("alert").getByRole("button", { name: "Try again" }).click();
    await page.getByText("The passage is marked.").waitFor();
  });
});

it("shows a hostile document as text, and nothing in its PDF does anything", async () => {
  const person = await createPerson();
  const line = "zebra crossing ".repeat(20) + "x".repeat(5_000);
  await reads(
    `# <img src=x onerror="document.title='owned'">\n\nzebra <script>document.title='owned'</script> ` +
      `[click](javascript:document.title='owned') ![p](https://elsewhere.example/p.png) ` +
      `<a href="https://elsewhere.example/">zebra</a> \u202egnp.exe\u202c &lt;b&gt;\n\n${line}`,
  );
  await addDocument(person, await hostilePdf(), 'zebra "><img src=x onerror=alert(1)> \u202efdp.pdf');
  const { page, context, faults } = await openSearch({ as: person, width: 1200 });
  let opened = 0;
  context.on("page", () => opened++);
  page.on("dialog", (dialog) => {
    opened++;
    return dialog.dismiss();
  });
  await ask(page, "zebra");
  await passages(page).getByText("<script>document.title='owned'</script>").first().waitFor();
  await passages(page).getByText('<a href="https://elsewhere.example/">').first().waitFor();
  expect(await page.locator("main img, main script, main a[href*=elsewhere], main a[href^=javascript]").count()).toBe(
    0,
  );
  expect(await page.locator("main").innerText()).not.toContain("\u202e");
  expect(await fitsWidth(page)).toBe(true);
  await passages(page).first().getByRole("button", { name: "Show page 1" }).click();
  await page.locator(".page canvas").waitFor();
  expect(await page.locator(".viewer a, .viewer iframe, .viewer input:not(.page-number)").count()).toBe(0);
  await page.locator(".page").click();
  await page.setViewportSize({ width: 360, height: 800 });
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  expect(await fitsWidth(page)).toBe(true);
  expect(await page.title()).toBe("Search");
  expect(opened).toBe(0);
  expect(faults).toEqual([]);
});

it("speaks German", async () => {
  const { page } = await openSearch({ locale: "de-DE" });
  await page.getByRole("heading", { level: 1, name: "Suche" }).waitFor();
  await box(page).fill(QUESTION);
  await page.getByRole("button", { name: "Suchen" }).click();
  await status(page, "nach Wörtern und Bedeutung");
  await passages(page).first().getByRole("button", { name: "Seite 2 zeigen" }).click();
  await page.getByText("Die Textstelle ist markiert.").waitFor();
  const controls = await page.locator("main").locator("button, summary, label, [role=status], .strength")
    .allInnerTexts();
  expect(controls.join(" ")).toContain("Davor und danach");
  expect(controls.join(" ")).not.toMatch(/\b(?:show|before|only|match|page|options|documents|fit|close)\b/i);
  expect(await axeFaults(page)).toEqual([]);
});

/** What browsers have and Deno does not. */
interface Mark {
  closest(selector: string): Mark;
  parentElement: { textContent: string };
  getBoundingClientRect(): Record<"left" | "right" | "top" | "bottom" | "width" | "height", number>;
}

/** Compares where marks are on the page with where the file has their text, and that the first is in view. */
async function expectInPlace(page: Page, number: number): Promise<void> {
  const loading = pdfjs.getDocument({ data: handbook.slice(), verbosity: 0 });
  const file = await loading.promise;
  const paper = await file.getPage(number);
  const [, , paperWidth, paperHeight] = paper.view;
  const { items } = await paper.getTextContent();
  const marks = await page.locator(".page mark").evaluateAll((elements) => {
    const marks = elements as unknown as Mark[];
    const paper = marks[0].closest(".page").getBoundingClientRect();
    return marks.map((mark) => {
      const { left, right, top, bottom } = mark.getBoundingClientRect();
      return {
        text: mark.parentElement.textContent,
        left: (left - paper.left) / paper.width,
        right: (right - paper.left) / paper.width,
        top: (top - paper.top) / paper.height,
        bottom: (bottom - paper.top) / paper.height,
      };
    });
  });
  for (const mark of marks) {
    const isThere = items.some((item) => {
      if (!("str" in item) || item.str !== mark.text) return false;
      const [, , , , x, y] = item.transform;
      const baseline = 1 - y / paperHeight;
      const from = x / paperWidth - 0.01;
      return mark.top < baseline && mark.bottom > baseline - 0.01 && mark.bottom - mark.top < 0.05 &&
        mark.left >= from && mark.right <= from + item.width / paperWidth + 0.02;
    });
    expect([mark.text, isThere]).toEqual([mark.text, true]);
  }
  await loading.destroy();
  const frame = (await page.locator(".page-frame").boundingBox())!;
  const first = (await page.locator(".page mark").first().boundingBox())!;
  expect(first.y).toBeGreaterThanOrEqual(frame.y);
  expect(first.y + first.height).toBeLessThanOrEqual(frame.y + frame.height);
}

/** A page with a line in a font that readers of PDFs bring along, in one of the encodings that they know. */
function chinesePdf(line: string): Uint8Array {
  const hex = [...line].map((character) => character.charCodeAt(0).toString(16).padStart(4, "0")).join("");
  const content = `BT /F 20 Tf 60 700 Td <${hex}> Tj ET`;
  return writePdf([
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>",
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts [6 0 R] >>",
    "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /FontDescriptor 7 0 R " +
    "/CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >> >>",
    "<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0 " +
    "/Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>",
  ]);
}

function writePdf(objects: string[]): Uint8Array {
  let file = "%PDF-1.4\n";
  const offsets = objects.map((object, n) => {
    const offset = file.length;
    file += `${n + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const table = offsets.map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`).join("");
  file += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}trailer\n` +
    `<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${file.length}\n%%EOF\n`;
  return new TextEncoder().encode(file);
}

/** A page that is covered by links. */
function hostilePdf(): Promise<Uint8Array> {
  const doc = new PDFDocument({ compress: false });
  const bytes = new Promise<Uint8Array>((resolve, reject) => {
    const parts: Uint8Array[] = [];
    doc.on("data", (part: Uint8Array) => parts.push(part));
    doc.on("end", () => resolve(new Uint8Array(Buffer.concat(parts))));
    doc.on("error", reject);
  });
  doc.text("A zebra crossing.").link(0, 0, 612, 792, "https://elsewhere.example/").link(
    0,
    0,
    612,
    792,
    "javascript:document.title='owned'",
  );
  doc.end();
  return bytes;
}
