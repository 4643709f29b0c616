import { afterEach, describe, expect, it } from "vitest";
import { answerWith } from "../../../scripts/platform/simulators/llamaparse/control.ts";
import { call, createUser, ENDED, fixture, llamaparse, register, stack, type User, waitFor } from "./harness.ts";
import { useFileTypes, useIdleStack } from "./hooks.ts";

/** A search in one document and its expected first hit. */
interface Ask {
  query: string;
  mode?: "text" | "vector" | "hybrid";
  page?: number | null;
  /** The last headings of the hit's path. */
  under?: string[];
  content?: string | RegExp;
  /** The search has no hits. */
  nothing?: true;
}

interface Case {
  file: string;
  status?: string;
  code?: string;
  message?: RegExp;
  warnings?: { code: string; pages: number[] }[];
  ocr?: boolean;
  asks?: Ask[];
  /** Checks the document's final chunks. */
  chunks?: (chunks: Chunk[]) => void;
}

interface Chunk {
  text: string;
  context: string;
  heading_path: string[];
  page_from: number | null;
  page_to: number | null;
  token_count: number;
}

/** Based on bug reports about such documents in similar pipelines. */
const CASES: Case[] = [
  // LlamaParse results.
  {
    file: "l-all-pages-failed.json",
    status: "failed_parse",
    code: "NO_PAGE_READ",
    message: /see whether it opens, then try again/,
  },
  {
    file: "l-empty-middle-page.json",
    warnings: [{ code: "PAGES_EMPTY", pages: [2] }],
  },
  {
    file: "l-no-content-here.json",
    warnings: [{ code: "PAGES_EMPTY", pages: [2] }],
    chunks: (chunks) => {
      for (const { text } of chunks) expect(text).not.toContain("NO_CONTENT");
    },
  },
  {
    file: "l-continued-table.json",
    asks: [{
      query: "Service 52",
      content: /\| *Service *\| *Fee *\|/,
      page: 2,
    }],
    chunks: (chunks) => {
      for (const { text } of chunks) {
        expect(text).not.toMatch(/Service 31[^\n]*\n\|[ -]*-/);
      }
    },
  },
  {
    file: "l-fence-leaks-over-pages.json",
    asks: [
      {
        query: "lubrication oil",
        mode: "text",
        page: 2,
        under: ["Lubrication"],
      },
    ],
  },
  {
    file: "l-html-table-leaks.json",
    asks: [
      {
        query: "How long does delivery take?",
        page: 2,
        under: ["Delivery"],
        content: "Delivery takes five days.",
      },
    ],
    chunks: (chunks) => {
      const rows = chunks.filter(({ text }) => text.includes("Article"));
      for (const { text } of rows) {
        expect(text).toMatch(/Item.*Price/);
        expect(text).not.toMatch(/<t[dhr]>/);
      }
    },
  },
  {
    file: "l-hyphen-over-page-break.json",
    asks: [
      {
        query: "reconstruction",
        mode: "text",
        page: 1,
        content: "reconstruction of the bridge",
      },
    ],
  },
  {
    file: "l-sentence-over-page-break.json",
    asks: [
      {
        query: "three monthly rents",
        page: 1,
        content: /deposit of three monthly\s+rents, which the landlord keeps/,
      },
    ],
  },
  {
    file: "l-page-anchor-and-image.json",
    asks: [
      {
        query: "how high is the fence",
        page: 1,
        under: ["Plan"],
        content: "two metres",
      },
      {
        query: "when is the gate locked",
        page: 2,
        under: ["Gate"],
        content: "at ten",
      },
    ],
    chunks: (chunks) => {
      for (const { text } of chunks) {
        expect(text).not.toMatch(/!\[|\.jpg|^---$/m);
      }
    },
  },
  {
    file: "l-repeated-h1-each-page.json",
    asks: [
      {
        query: "Leave is thirty days",
        page: 4,
        under: ["ACME Handbook", "Leave"],
      },
      {
        query: "Leave is thirty days",
        mode: "text",
        page: 4,
        under: ["Leave"],
      },
    ],
  },
  {
    file: "l-toc-page.json",
    asks: [
      { query: "warranty", mode: "text", page: 3, under: ["Warranty"] },
      { query: "warranty", page: 3, under: ["Warranty"] },
    ],
  },
  // PDFs, read by the simulator.
  {
    file: "p01-scanned.pdf",
    status: "failed_parse",
    message: /no text was found.*may be a scan.*OCR/i,
  },
  {
    file: "p01b-scan-with-page-numbers.pdf",
    status: "failed_parse",
    message: /may be a scan/i,
  },
  {
    file: "p23-mixed-scan.pdf",
    warnings: [{ code: "PAGES_EMPTY", pages: [2, 3, 4, 5, 6, 7] }],
  },
  {
    file: "p16-table-across-pages.pdf",
    chunks: (chunks) => {
      const rows = chunks.filter(({ text }) => text.includes("|"));
      expect(rows.length).toBeGreaterThan(0);
      for (const { text } of rows) {
        expect(text).toMatch(/\| *Code *\| *Service *\| *Fee/);
      }
    },
  },
  {
    file: "p18-slides.pdf",
    asks: [
      { query: "pension", mode: "text", page: 17 },
      { query: "bicycle", mode: "text", page: 24 },
    ],
    chunks: (chunks) => {
      for (const chunk of chunks) expect(chunk.page_to).toBe(chunk.page_from);
    },
  },
  // Text files, which need no parser.
  {
    file: "m01-front-matter.md",
    asks: [
      { query: "28 days of leave", under: ["Annual leave"], page: null },
      { query: "draft", mode: "text", nothing: true },
    ],
  },
  {
    file: "m02-base64-image.md",
    chunks: (chunks) => {
      expect(chunks.length).toBeLessThanOrEqual(2);
      const texts = chunks.map(({ text }) => text).join("\n");
      expect(texts).toContain("Wiring diagram");
      expect(texts).not.toContain("base64");
    },
  },
  {
    file: "m04-html-table.md",
    chunks: (chunks) => {
      const tokens = chunks.reduce(
        (sum, { token_count }) => sum + token_count,
        0,
      );
      expect(tokens).toBeLessThan(6_000);
      for (const { text } of chunks) expect(text).not.toMatch(/<t[dhr]/);
    },
  },
  {
    file: "m05-unclosed-fence.md",
    asks: [{ query: "npm install widget", mode: "text", under: ["Install"] }],
  },
  {
    file: "m07-only-headings.md",
    asks: [
      {
        query: "Chapter 12: topic tunnels 11",
        mode: "text",
        under: ["Chapter 12: topic tunnels 11"],
      },
    ],
    chunks: (chunks) => {
      // The heading path holds for every part of a chunk.
      for (const { text, heading_path } of chunks) {
        const titles = [...text.matchAll(/^#+ (.*)$/gm)].map(([, title]) => title);
        for (const title of titles) expect(heading_path).toContain(title);
      }
    },
  },
  {
    file: "m16-codes.md",
    asks: [
      { query: "AB-1234/5", mode: "text", under: ["Valves"] },
      { query: "IEC 60601-1-2", mode: "text", under: ["Standards"] },
      { query: "max_retry_count", mode: "text", under: ["Software"] },
      { query: "RE2026/0042", mode: "text", under: ["Dates"] },
    ],
  },
  {
    file: "m18-config.txt",
    asks: [{
      query: "idle_timeout",
      mode: "text",
      under: [],
      content: "idle_timeout = 900",
    }],
  },
  {
    file: "m18-plain-log.txt",
    asks: [{
      query: "scaffolding",
      mode: "text",
      under: [],
      content: "# TODO call the builder",
    }],
  },
  {
    file: "m22-twin-sections.md",
    asks: (["text", "vector", "hybrid"] as const).map((mode) => ({
      query: "how many months is the warranty of the X300",
      mode,
      under: ["Warranty of model X300"],
    })),
  },
  {
    file: "m25-boilerplate.md",
    asks: [{ query: "refund policy", mode: "text", content: /refund/i }],
  },
  {
    file: "m26-wide-row.md",
    chunks: (chunks) => {
      const rows = chunks.filter(({ text }) => text.includes("|"));
      for (const { text } of rows) {
        expect(text).toMatch(/^\| *Id *\| *(Notes|Owner)/m);
      }
      expect(chunks.some(({ text }) => /\| *2 *\|/.test(text))).toBe(true);
    },
  },
  {
    file: "m30-thematic.md",
    asks: [{ query: "Gamma team", mode: "text", content: "Wednesday" }],
  },
];

const MIMES: Record<string, string> = {
  json: "application/pdf",
  pdf: "application/pdf",
  md: "text/markdown",
  txt: "text/plain",
};

describe("difficult documents", () => {
  const sql = useIdleStack();
  useFileTypes(sql, ["pdf", "md", "txt"]);
  afterEach(() => llamaparse.reset());

  /** Processes a case. A LlamaParse result becomes the answer to a fixed PDF. */
  async function process(user: User, { file, ocr }: Case) {
    let bytes = await fixture(`cases/${file}`);
    const extension = file.split(".").at(-1)!;
    if (extension === "json") {
      await answerWith(
        stack.llamaparseUrl,
        JSON.parse(new TextDecoder().decode(bytes)),
      );
      bytes = await fixture("cases/p11-rotated.pdf");
      const tail = new TextEncoder().encode(`\n% ${file}\n`);
      bytes = new Uint8Array([...bytes, ...tail]);
    }
    const mime = MIMES[extension];
    const { status, body } = await register(user, bytes, {
      filename: file.replace(/\.json$/, ".pdf"),
      mime,
      ...ocr !== undefined && { ocr },
    });
    expect([status, body]).toEqual([200, expect.anything()]);
    const put = await fetch(body.signed_url, {
      method: "PUT",
      headers: { "content-type": mime },
      body: bytes.buffer as ArrayBuffer,
    });
    expect(put.status).toBe(200);
    await put.body?.cancel();
    return await waitFor(user, body.document_id, ENDED);
  }

  it.each(CASES)(
    "$file is read, warned of and found as expected",
    async (given) => {
      const user = await createUser();
      const status = await process(user, given);
      expect(status).toMatchObject({
        status: given.status ?? "complete",
        warnings: (given.warnings ?? []).map((warning) => expect.objectContaining(warning)),
        ...(given.code || given.message) && {
          last_error: {
            ...given.code && { code: given.code },
            ...given.message &&
              { message: expect.stringMatching(given.message) },
          },
        },
      });

      for (const { query, mode, nothing, ...wanted } of given.asks ?? []) {
        const { body } = await call("/api/search", {
          method: "POST",
          user,
          json: { query, k: 5, mode, document_ids: [status.document_id] },
        });
        if (nothing) {
          expect([query, body.results]).toEqual([query, []]);
          continue;
        }
        const [hit] = body.results;
        expect(hit, `${query} (${mode}) finds nothing`).toBeDefined();
        const { page, under, content } = wanted;
        if (page !== undefined) {
          expect([query, hit.page]).toEqual([
            query,
            page,
          ]);
        }
        if (under) {
          const path = under.length ? hit.heading_path.slice(-under.length) : hit.heading_path;
          expect([query, path]).toEqual([query, under]);
        }
        if (content) expect(hit.content).toMatch(content);
      }

      const chunks = await sql<Chunk[]>`
      select text, context, heading_path, page_from, page_to, token_count from upload_pipeline.document_chunks
      where document_id = ${status.document_id} order by chunk_ord`;
      given.chunks?.([...chunks]);
      for (const { token_count } of chunks) {
        expect(token_count).toBeLessThanOrEqual(512);
      }
    },
  );
});
