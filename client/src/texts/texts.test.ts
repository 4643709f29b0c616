import { AuthApiError, AuthRetryableFetchError } from "@supabase/supabase-js";
import { describe, expect, it } from "vitest";
import { CLIENT_CODES } from "../error_codes.ts";
import { PipelineError } from "../pipeline_error.ts";
import {
  API_CODES,
  FAILURE_CODES,
  NOTICE_CODES,
  SEARCH_REASONS,
  STATES,
  STATUSES,
  WAITING_CODES,
  WARNING_CODES,
} from "../vocabulary.ts";
import type { Catalogue, Form, Kind, Text } from "./catalogue.ts";
import { createTexts } from "./create_texts.ts";
import { german } from "./de.ts";
import { english } from "./en.ts";
import { placeholdersIn } from "./fill.ts";

const CATALOGUES = [english, german];

/** Each kind's codes as they are declared, its values, and those among them that are always known. */
const KINDS: Record<Kind, { codes: readonly string[]; values: string[]; known?: string[] }> = {
  errors: {
    codes: [...API_CODES, ...CLIENT_CODES],
    values: ["documents", "dailyPages", "pageCount", "size", "date", "when", "version", "reason", "reference"],
  },
  failures: { codes: FAILURE_CODES, values: ["reference"] },
  waiting: { codes: WAITING_CODES, values: ["position"] },
  statuses: { codes: STATUSES, values: [] },
  states: { codes: STATES, values: [] },
  warnings: { codes: WARNING_CODES, values: ["pages"] },
  notices: { codes: NOTICE_CODES, values: ["word", "takenFor", "words"] },
  searchReasons: { codes: SEARCH_REASONS, values: [] },
  // The compiler holds these against the task's states.
  uploads: { codes: Object.keys(english.uploads), values: ["filename", "percent"], known: ["filename", "percent"] },
  uploadWaits: { codes: Object.keys(english.uploadWaits), values: ["filename"], known: ["filename"] },
};

const formsOf = (text: Text): Form[] => Array.isArray(text) ? text : [text as Form];
const sentencesOf = (form: Form): string[] => typeof form === "string" ? [form] : Object.values(form);

describe.each(CATALOGUES)("the texts in $language", (catalogue) => {
  const kinds = Object.entries(KINDS) as [Kind, typeof KINDS[Kind]][];
  const general = Object.entries(catalogue.general).filter((entry): entry is [string, Text] => entry[0] !== "and");
  const all = [...kinds.flatMap(([kind]) => Object.entries<Text>(catalogue[kind])), ...general];

  it.each(kinds)("have one for each of the %s", (kind, { codes }) => {
    expect(codes.length).toBeGreaterThan(2);
    expect(Object.keys(catalogue[kind]).toSorted()).toEqual([...codes].toSorted());
  });

  it.each(kinds)("of the %s have known values, and a form that needs none", (kind, { values, known = [] }) => {
    for (const [code, text] of Object.entries<Text>(catalogue[kind])) {
      const forms = formsOf(text);
      const used = forms.flatMap(sentencesOf).flatMap(placeholdersIn);
      expect([code, used.filter((name) => !values.includes(name))]).toEqual([code, []]);
      const last = sentencesOf(forms.at(-1)!).flatMap(placeholdersIn);
      expect([code, last.filter((name) => !known.includes(name))]).toEqual([code, []]);
    }
  });

  it("have every plural form of the language", () => {
    const { pluralCategories } = new Intl.PluralRules(catalogue.language).resolvedOptions();
    const plurals = all.flatMap(([, text]) => formsOf(text)).filter((form) => typeof form !== "string");
    expect(plurals.length).toBeGreaterThan(6);
    for (const plural of plurals) expect(Object.keys(plural).toSorted()).toEqual(pluralCategories.toSorted());
  });

  it("are whole sentences without words of programs", () => {
    for (const [code, text] of all) {
      for (const sentence of formsOf(text).flatMap(sentencesOf)) {
        const words = sentence.replaceAll(/\{\w+\}/g, "0");
        expect([code, sentence.trim()]).toEqual([code, sentence]);
        expect([code, words]).toEqual([code, expect.stringMatching(/\p{L}{4}/u)]);
        expect([code, words]).not.toEqual([
          code,
          expect.stringMatching(
            /_|LlamaParse|OpenAI|\bAPI\b|chunk|vector|embed|parse|job\b|queue|\{|\}| {2}|undefined/i,
          ),
        ]);
      }
    }
  });

  it("name an unknown code in the general text of its kind", () => {
    const texts = createTexts(catalogue);
    const code = "SENT_BY_A_NEWER_SERVER";
    const said = [
      texts.error(new PipelineError(code, "No.")),
      texts.failure({ code, message: "No." }),
      texts.status(code),
      texts.state(code),
      texts.warning({ code }),
      texts.notice({ code, message: "No." }),
      texts.searchReason(code),
      texts.document({ status: "uploaded", state: "queued", waiting_for: code }),
      // Names that every object has are no codes.
      texts.error(new PipelineError("constructor", "No.")),
      texts.status("toString"),
    ];
    expect(new Set(said).size).toBe(said.length);
    for (const sentence of said) expect(sentence).toMatch(/\((SENT_BY_A_NEWER_SERVER|constructor|toString)\)$/);
  });

  it("are all written without values that are missing", () => {
    const texts = createTexts(catalogue);
    for (const code of [...API_CODES, ...CLIENT_CODES, ...FAILURE_CODES]) {
      const said = [
        texts.error(new PipelineError(code, "No.")),
        texts.error(new PipelineError(code.toLowerCase(), "No.", { details: null })),
        texts.error(new PipelineError(code, "No.", { details: { limit: "x", pages: [null], resets_at: 1 } })),
      ];
      for (const sentence of said) {
        expect([code, sentence]).not.toEqual([code, expect.stringMatching(/[{}]|\(\w+\)$|No\./)]);
      }
    }
    for (const code of WARNING_CODES) expect(texts.warning({ code })).not.toMatch(/[{}]/);
    for (const code of WAITING_CODES) {
      expect(texts.document({ status: "uploaded", state: "queued", waiting_for: code })).not.toMatch(/[{}]/);
    }
  });
});

describe("a text", () => {
  const [en, de] = CATALOGUES.map(createTexts);
  const both = (say: (texts: typeof en) => string) => [say(en), say(de)];

  it("has the pages as ranges, in the singular for one page", () => {
    expect(both((texts) => texts.warning({ code: "PAGES_UNREAD", pages: [3] }))).toEqual([
      "Page 3 could not be read. Have it read again.",
      "Seite 3 konnte nicht gelesen werden. Lassen Sie sie noch einmal lesen.",
    ]);
    expect(both((texts) => texts.warning({ code: "PAGES_UNREAD", pages: [2, 3, 4, 8, 10] }))).toEqual([
      "Pages 2–4, 8 and 10 could not be read. Have them read again.",
      "Die Seiten 2–4, 8 und 10 konnten nicht gelesen werden. Lassen Sie sie noch einmal lesen.",
    ]);
  });

  it.each([
    [1, "in 1 second", "in 1 Sekunde"],
    [45, "in 45 seconds", "in 45 Sekunden"],
    [61, "in 2 minutes", "in 2 Minuten"],
    [3600, "in 1 hour", "in 1 Stunde"],
    [100_000, "in 2 days", "in 2 Tagen"],
  ])("has the time of a retry after %i s", (retryAfter, english, german) => {
    expect(both((texts) => texts.error(new PipelineError("rate_limited", "", { status: 429, retryAfter })))).toEqual([
      `That was too often. Try again ${english}.`,
      `Das war zu oft. Versuchen Sie es ${german} noch einmal.`,
    ]);
  });

  it("has sizes, limits and dates as the language writes them", () => {
    const error = (code: string, details: unknown, retryAfter?: number) =>
      both((texts) => texts.error(new PipelineError(code, "", { details, retryAfter })));
    expect(error("file_too_large", { max_file_bytes: 2.5 * 2 ** 20 })).toEqual([
      "The file is too large. A file can have up to 2.5 MB.",
      "Die Datei ist zu groß. Eine Datei darf bis zu 2,5 MB haben.",
    ]);
    expect(error("quota_exceeded", { limit: "documents_per_user", limit_value: 1000 })).toEqual([
      "You can keep 1,000 documents. Delete some to upload more.",
      "Sie können 1.000 Dokumente behalten. Löschen Sie einige, um weitere hochzuladen.",
    ]);
    expect(error("quota_exceeded", { limit: "bytes_per_user", limit_value: 2 ** 30 })[1])
      .toBe("Ihre Dokumente dürfen zusammen 1.024 MB belegen. Löschen Sie einige, um weitere hochzuladen.");
    expect(error("daily_limit", { limit: 1, limit_name: "uploads_per_user_per_day" }, 7200)).toEqual([
      "You can upload 1 document a day. Try again in 2 hours.",
      "Sie können 1 Dokument am Tag hochladen. Versuchen Sie es in 2 Stunden noch einmal.",
    ]);
    expect(error("daily_limit", { limit: 500, limit_name: "pages_per_user_per_day" }, 7200)[0])
      .toBe("You can have 500 pages a day read. Try again in 2 hours.");
    expect(error("no_such_page", { pages: [9], page_count: 1 })[1]).toBe("Das Dokument hat nur 1 Seite.");
    const [until, bis] = error("monthly_budget_spent", { budget: "user", resets_at: "2026-12-01T00:00:00Z" });
    expect(until).toMatch(/^The budget of this month is used up\. It is renewed on (Nov 30|Dec 1), 2026/);
    expect(bis).toMatch(/^Das Budget für diesen Monat ist aufgebraucht\. Es wird am (30\.11|01\.12)\.2026/);
  });

  it("says why a document is refused, fails, waits or is complete", () => {
    const { failures, statuses, general, waiting } = english;
    const about = (document: Parameters<typeof en.document>[0]) => en.document(document);
    const last_error = { code: "PDF_IS_PROTECTED", message: "" };
    expect(en.error(new PipelineError("document_refused", "", { details: { reason: "PDF_IS_PROTECTED" } })))
      .toBe(`This document was refused before, and would be refused again. ${failures.PDF_IS_PROTECTED}`);
    expect(about({ status: "failed_parse", state: "deadletter", last_error })).toBe(failures.PDF_IS_PROTECTED);
    expect(about({ status: "expired", state: "done" })).toBe(statuses.expired);
    expect(about({ status: "complete", state: "done" })).toBe(statuses.complete);
    expect(about({ status: "complete", state: "done", last_error })).toContain("still searchable");
    expect(about({ status: "uploaded", state: "queued", waiting_for: "OPENAI_UNAVAILABLE" })).toBe(general.serviceAway);
    expect(about({ status: "parse_queued", state: "working", waiting_for: "PARSER_AT_WORK" }))
      .toBe(waiting.PARSER_AT_WORK);
    expect(about({ status: "uploaded", state: "queued", waiting_for: "YOUR_OTHER_DOCUMENTS", queue_position: 1 }))
      .toBe("This document is the next of yours to be processed.");
    const next_attempt_at = new Date(Date.now() + 89_000).toISOString();
    expect(about({ status: "chunking", state: "retryable", next_attempt_at }))
      .toBe("Processing was interrupted, and continues by itself in 2 minutes.");
  });

  it("has the reference by which support finds a failure of ours", () => {
    const reference = "7c6ce3b2-0000-4000-8000-000000000000";
    expect(en.failure({ code: "INTERNAL_ERROR", message: "", reference })).toContain(reference);
    expect(de.error(new PipelineError("internal_error", "", { requestId: reference }))).toContain(reference);
    expect(de.error(new PipelineError("openai_timeout", "", { status: 503, requestId: reference }))).toContain(
      reference,
    );
    expect(en.failure({ code: "PDF_IS_BROKEN", message: "", reference })).not.toContain(reference);
  });

  it("takes whatever was caught", () => {
    for (const caught of [new TypeError("x is undefined"), "text", null, undefined, {}]) {
      expect(en.error(caught)).toBe(english.errors.unexpected_error);
    }
  });

  it("says why supabase-js refused a sign-in", () => {
    expect(en.error(new AuthApiError("Invalid login credentials", 400, "invalid_credentials")))
      .toBe(english.errors.invalid_credentials);
    expect(en.error(new AuthRetryableFetchError("Failed to fetch", 0))).toBe(english.errors.network_error);
    expect(en.error(new AuthApiError("Something new", 400, "something_new"))).toContain("something_new");
  });

  it("follows an upload", () => {
    const upload = {
      filename: "a.pdf",
      progress: { hashed: 3, sent: 1, total: 3 },
      error: null,
      waitingFor: null,
    };
    expect(both((texts) => texts.upload({ ...upload, state: "sending" })))
      .toEqual(["a.pdf is being uploaded: 33 %.", "a.pdf wird hochgeladen: 33 %."]);
    expect(en.upload({ ...upload, state: "waiting", waitingFor: "network" })).toContain("internet connection");
    expect(en.upload({ ...upload, state: "failed", error: new PipelineError("file_empty", "") }))
      .toBe("The file is empty. Choose another one.");
    expect(en.upload({ ...upload, state: "hashing", progress: { hashed: 0, sent: 0, total: 0 } }))
      .toBe("a.pdf is being prepared.");
  });

  it("keeps a value that looks like a placeholder as it is", () => {
    const texts = createTexts({ ...english, notices: { ...english.notices, WORDS_LEFT_OUT: "{words}" } } as Catalogue);
    expect(texts.notice({ code: "WORDS_LEFT_OUT", message: "", words: ["{code}", "$&"] })).toBe("{code} and $&");
  });
});
