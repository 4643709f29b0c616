import { Buffer } from "node:buffer";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { sha256Hex } from "../../functions/_shared/hash.ts";
import { useLimits } from "./changed_limits.ts";
import { withEveryOption } from "./every_option.ts";
import {
  call,
  createUser,
  ENDED,
  eventually,
  fixture,
  llamaparse,
  newPdf,
  register,
  upload,
  type User,
  variant,
  waitFor,
  waitUntilIdle,
} from "./harness.ts";
import { useIdleStack } from "./hooks.ts";

/** Processing a document costs money and counts against the user's daily limits, by every route and on every repetition. */
const sql = useIdleStack();
withEveryOption();
const setLimits = useLimits(sql);

afterEach(() => llamaparse.reset());
afterAll(() => waitUntilIdle(sql));

/** A PDF of three pages whose file does not reveal it: the root of its page tree lacks its type. */
async function hiddenPages(): Promise<Uint8Array> {
  const text = Buffer.from(await newPdf()).toString("latin1");
  const hidden = text.replace("/Type /Pages", "            ");
  expect(hidden).not.toBe(text);
  return new Uint8Array(Buffer.from(hidden, "latin1"));
}

const retry = (user: User, id: string) => call(`/api/jobs/${id}/retry`, { method: "POST", user });
const reparse = (user: User, id: string, json = {}) =>
  call(`/api/documents/${id}/reparse`, { method: "POST", user, json });
const announced = async (bytes: Uint8Array) => ({
  filename: "a document.pdf",
  bytes_len: bytes.length,
  mime: "application/pdf",
  sha256: await sha256Hex(bytes),
});
const batch = async (user: User, bytes: Uint8Array) =>
  await call("/api/upload-document-backend", {
    method: "POST",
    user,
    json: { documents: [await announced(bytes)] },
  });
function form(user: User, bytes: Uint8Array) {
  const body = new FormData();
  const type = "application/pdf";
  body.append("file", new File([Buffer.from(bytes)], "a.pdf", { type }));
  return call("/api/upload-document-backend", { method: "POST", user, body });
}
async function usedToday(user: User) {
  const { body } = await call("/api/upload/limits", { user });
  return body.used as { uploads_today: number; pages_today: number };
}
/** The answer's status and code; for a batch, the code of its only document. */
function outcomeOf(
  { status, body }: { status: number; body: Answer },
): unknown {
  const [first] = body.documents ?? [];
  return first ? first.error?.code : [status, body.error?.code];
}
interface Answer {
  error?: { code: string };
  documents?: { error?: { code: string } }[];
}

describe("a document that is defective itself", () => {
  it("is paid for once, whichever route repeats it", async () => {
    await setLimits({ max_pages: 2 });
    const user = await createUser();
    const bytes = await hiddenPages();
    const paidBefore = await llamaparse.count("create");
    const { document_id, job_id } = await upload(user, bytes);
    const status = await waitFor(user, document_id, ENDED);
    expect([status.status, status.last_error.code])
      .toEqual(["failed_parse", "TOO_MANY_PAGES"]);
    for (let n = 0; n < 8; n++) {
      const { status, body } = await retry(user, job_id);
      expect([status, body.error]).toEqual([409, {
        code: "document_refused",
        message: expect.stringContaining("more than 2 pages"),
        request_id: expect.any(String),
        details: { reason: "TOO_MANY_PAGES", document_id, job_id },
      }]);
    }
    const refused = [409, "document_refused"];
    expect(outcomeOf(await register(user, bytes))).toEqual(refused);
    expect(outcomeOf(await register(user, bytes, { ocr: true }))).toEqual(
      refused,
    );
    expect(outcomeOf(await form(user, bytes))).toEqual(refused);
    expect(outcomeOf(await batch(user, bytes))).toBe("document_refused");
    expect(outcomeOf(await reparse(user, document_id, { ocr: true })))
      .toEqual(refused);
    expect(await llamaparse.count("create") - paidBefore).toBe(1);
    expect(await usedToday(user)).toMatchObject({
      uploads_today: 1,
      pages_today: 3,
    });

    // Deleting it first costs another upload.
    await call(`/api/documents/${document_id}`, { method: "DELETE", user });
    const again = await upload(user, bytes);
    await waitFor(user, again.document_id, ENDED);
    expect(await usedToday(user)).toMatchObject({
      uploads_today: 2,
      pages_today: 6,
    });
  });

  it("is accepted again when new bytes or OCR can repair it", async () => {
    const user = await createUser();
    const bytes = await newPdf();
    const sha256 = await sha256Hex(bytes);
    const damaged = await upload(user, variant(bytes).slice(0, -1), {
      bytes_len: variant(bytes).length - 1,
      sha256,
    });
    const status = await waitFor(user, damaged.document_id, ENDED);
    expect(status.last_error.code).toBe("SHA256_MISMATCH");
    expect(outcomeOf(await retry(user, damaged.job_id)))
      .toEqual([409, "document_refused"]);
    await upload(user, bytes);
    await waitFor(user, damaged.document_id, ["complete"]);

    const scan = await upload(
      user,
      variant(await fixture("cases/p01-scanned.pdf")),
    );
    const empty = await waitFor(user, scan.document_id, ENDED);
    expect(empty.last_error.code).toBe("NO_DATA_FOUND_IN_FILE");
    expect(outcomeOf(await retry(user, scan.job_id)))
      .toEqual([409, "document_refused"]);
    expect((await reparse(user, scan.document_id, { ocr: true })).status)
      .toBe(202);
    await waitFor(user, scan.document_id, ENDED);
  });
});

describe("the daily uploads", () => {
  /** Documents that failed at the parser for a reason outside the document. */
  async function failures(user: User, count: number) {
    await llamaparse.faults({ fail_with: "the machine is on fire" });
    const failed = [];
    for (let n = 0; n < count; n++) {
      const bytes = await newPdf();
      failed.push({ ...await upload(user, bytes), bytes });
    }
    for (const { document_id } of failed) {
      const { last_error } = await waitFor(user, document_id, ENDED);
      expect(last_error.code).toBe("LLAMAPARSE_FAILED");
    }
    return failed;
  }

  it("limit every route that processes a document again", async () => {
    const user = await createUser();
    const [failed] = await failures(user, 1);
    const { job_id, document_id, bytes } = failed;
    await setLimits({ uploads_per_user_per_day: 4 });
    expect((await usedToday(user)).uploads_today).toBe(1);
    expect((await retry(user, job_id)).status).toBe(202);
    await waitFor(user, document_id, ENDED);
    expect((await reparse(user, document_id)).status).toBe(202);
    await waitFor(user, document_id, ENDED);
    expect((await register(user, bytes)).status).toBe(200);
    expect((await usedToday(user)).uploads_today).toBe(4);
    // An awaited upload may be registered again: a broken one costs nothing more.
    await upload(user, bytes);
    await waitFor(user, document_id, ENDED);

    const paidBefore = await llamaparse.count("create");
    const refused = [429, "daily_limit"];
    const late = await retry(user, job_id);
    expect(outcomeOf(late)).toEqual(refused);
    expect(late.body.error.details)
      .toEqual({ limit: 4, limit_name: "uploads_per_user_per_day" });
    expect(Number(late.headers.get("retry-after"))).toBeGreaterThan(86_000);
    expect(outcomeOf(await reparse(user, document_id))).toEqual(refused);
    expect(outcomeOf(await register(user, bytes))).toEqual(refused);
    expect(outcomeOf(await form(user, bytes))).toEqual(refused);
    expect(outcomeOf(await batch(user, bytes))).toBe("daily_limit");
    const other = await newPdf();
    expect(outcomeOf(await register(user, other))).toEqual(refused);
    expect((await usedToday(user)).uploads_today).toBe(4);
    expect(await llamaparse.count("create")).toBe(paidBefore);
    expect((await register(await createUser(), other)).status).toBe(200);
  });

  it("stop concurrent requests exactly at the limit", async () => {
    const user = await createUser();
    const failed = await failures(user, 5);
    await setLimits({ uploads_per_user_per_day: 7 });
    const answers = await Promise.all(
      failed.flatMap(({ job_id, bytes }) => [
        retry(user, job_id),
        register(user, bytes),
      ]),
    );
    const accepted = answers.filter(({ status }) => status < 300);
    const [{ counted }] = await sql`
      select used_count as counted from pipeline_internal.rate_limits where key = ${`uploads:${user.id}`}`;
    expect(counted).toBe(7);
    expect(accepted).toHaveLength(2);
  });

  it("count a registration again for each day that it is kept alive", async () => {
    const user = await createUser();
    const bytes = await newPdf();
    const { body } = await register(user, bytes);
    await register(user, bytes);
    expect((await usedToday(user)).uploads_today).toBe(1);
    await sql`
      update upload_pipeline.upload_jobs set counted_at = now() - interval '25 hours' where job_id = ${body.job_id}`;
    await register(user, bytes);
    expect((await usedToday(user)).uploads_today).toBe(2);
  });
});

describe("the daily pages", () => {
  it("limit everything that the parser reads; waiting documents continue on the next day", async () => {
    const user = await createUser();
    const waiting = await newPdf();
    const { body: { document_id, job_id } } = await register(user, waiting);
    await setLimits({ pages_per_user_per_day: 4 });
    for (const bytes of [await newPdf(), await hiddenPages()]) {
      const { document_id } = await upload(user, bytes);
      await waitFor(user, document_id, ["complete"]);
    }
    expect((await usedToday(user)).pages_today).toBe(6);
    const refused = await register(user);
    expect(outcomeOf(refused)).toEqual([429, "daily_limit"]);
    expect(refused.body.error.details)
      .toEqual({ limit: 4, limit_name: "pages_per_user_per_day" });

    const paidBefore = await llamaparse.count("create");
    await upload(user, waiting);
    const status = await eventually(async () => {
      const { body } = await call(`/api/documents/${document_id}/status`, {
        user,
      });
      return body.waiting_for === "DAILY_PAGES_SPENT" && body;
    }, "the wait for the next day");
    expect(status.status).toBe("uploaded");
    expect(Date.parse(status.next_attempt_at)).toBeGreaterThan(Date.now());
    const [why] = await sql`
      select reason, sentence from pipeline_monitoring.unfinished_documents where job_id = ${job_id}`;
    expect(why.reason).toBe("over_daily_pages");
    expect(await llamaparse.count("create")).toBe(paidBefore);

    // The day ends.
    await sql`
      update pipeline_internal.rate_limits set resets_at = now() where key = ${`pages:${user.id}`}`;
    await sql`
      select pgmq.set_vt(stage, message_id, 0), pipeline_internal.wake(stage) from upload_pipeline.upload_jobs
      where job_id = ${job_id}`;
    await waitFor(user, document_id, ["complete"]);
    expect((await usedToday(user)).pages_today).toBe(3);
  });

  it("count a document's pages once, and again when they are reparsed", async () => {
    const user = await createUser();
    const { document_id } = await upload(user);
    await waitFor(user, document_id, ["complete"]);
    expect((await usedToday(user)).pages_today).toBe(3);
    await reparse(user, document_id, { pages: [2] });
    await waitFor(user, document_id, ["complete"]);
    expect(await usedToday(user)).toMatchObject({
      uploads_today: 2,
      pages_today: 4,
    });
  });
});
