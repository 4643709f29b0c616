import { createClient } from "@supabase/supabase-js";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Random } from "../../../scripts/dev/seeded_random.ts";
import { sha256Hex } from "../../functions/_shared/hash.ts";
import {
  call,
  cancelAll,
  createUser,
  eventually,
  functionsUrl,
  handbook,
  llamaparse,
  newPdf,
  PASSWORD,
  pause,
  register,
  restartFunctions,
  stack,
  upload,
  type User,
  variant,
  waitFor,
} from "./harness.ts";
import { useDatabase } from "./hooks.ts";

const sql = useDatabase();
beforeEach(() => llamaparse.reset());

const leave = (user: User, password = PASSWORD, headers = {}) =>
  call("/api/account", { method: "DELETE", user, json: { password }, headers });

/** Counts the rows and files that name this user, those of Auth included. */
async function traces({ id }: User): Promise<Record<string, number>> {
  const relations = await sql<{ name: string }[]>`
    select c.oid::regclass::text as name from pg_class c
    where c.relkind = 'r' and (
      c.relnamespace in ('upload_pipeline'::regnamespace, 'pipeline_internal'::regnamespace, 'auth'::regnamespace)
      or c.oid = 'storage.objects'::regclass)
      -- Auth's own record, which it keeps as it sees fit.
      and c.relname <> 'audit_log_entries'`;
  const found: Record<string, number> = {};
  for (const { name } of relations) {
    const [{ count }] = await sql.unsafe(
      `select count(*)::int as count from ${name} r where r::text like $1`,
      [`%${id}%`],
    );
    if (count > 0) found[name] = count;
  }
  return found;
}

/** Files are removed shortly after the rows. */
async function gone(user: User): Promise<void> {
  // As text, so that a failure shows what remains.
  await expect.poll(async () => JSON.stringify(await traces(user)), {
    timeout: 90_000,
  }).toBe("{}");
}

/** Retries the deletion when Postgres cancels it in favour of a worker. */
async function deletedByAdministrator({ id }: User): Promise<void> {
  const { auth } = createClient(stack.url, stack.secretKey, {
    auth: { persistSession: false },
  });
  await eventually(
    async () => !(await auth.admin.deleteUser(id)).error,
    "the deletion",
  );
}

const auditEntries = (user: User) =>
  sql<{ action: string; actor: string; network: string | null }[]>`
    select action, actor, network::text from pipeline_internal.audit_log
    where user_id = ${user.id} order by audit_no`;

describe("DELETE /api/account", () => {
  let user: User;
  beforeEach(async () => {
    user = await createUser();
  });

  it("removes every row, file, session and parser copy", async () => {
    const done = await upload(user);
    await waitFor(user, done.document_id, ["complete"]);
    await llamaparse.faults({ jobs: "stuck" });
    const stuck = await upload(user);
    await waitFor(user, stuck.document_id, ["parse_queued"]);
    await register(user);
    const submissions = await sql<{ provider_job_id: string }[]>`
      select provider_job_id from pipeline_internal.submissions
      join upload_pipeline.upload_jobs using (job_id) where user_id = ${user.id}`;
    expect(submissions).toHaveLength(2);
    expect(Object.keys(await traces(user)).length).toBeGreaterThan(7);

    const answer = await leave(user);
    expect([answer.status, answer.body]).toEqual([204, ""]);
    await gone(user);
    for (const { provider_job_id } of submissions) {
      await eventually(async () => {
        const { status } = await fetch(
          `${stack.llamaparseUrl}/api/v2/parse/${provider_job_id}`,
          { headers: { authorization: "Bearer llx-test" } },
        );
        return status === 404;
      }, "the deletion at the parser");
    }
  });

  it("rejects the token on every route when its account is deleted", async () => {
    const done = await upload(user);
    await waitFor(user, done.document_id, ["complete"]);
    const [{ raw_path, job_id }] = await sql`
      select raw_path, job_id from upload_pipeline.documents join upload_pipeline.upload_jobs using (document_id)
      where document_id = ${done.document_id}`;
    await leave(user);
    await gone(user);

    const json = {
      filename: "a.pdf",
      mime: "application/pdf",
      bytes_len: 1,
      sha256: "a".repeat(64),
    };
    const document = `/api/documents/${done.document_id}`;
    const answers = await Promise.all([
      call("/api/auth/user", { user }),
      call("/api/upload-document-backend", { method: "POST", user, json }),
      call("/api/upload-document-backend", {
        method: "POST",
        user,
        headers: { "idempotency-key": "k" },
        json,
      }),
      // A search would be paid for.
      call("/api/search", { method: "POST", user, json: { query: "fees?" } }),
      call("/api/documents", { user }),
      call(`${document}/status`, { user }),
      call(`${document}/download`, { user }),
      call(`${document}/reparse`, { method: "POST", user, json: {} }),
      call(`/api/jobs/${job_id}`, { user }),
      call(`/api/jobs/${job_id}/retry`, { method: "POST", user }),
      call("/api/account/export", { user }),
    ]);
    expect(answers.map(({ status, body }) => [status, body.error?.code]))
      .toEqual(answers.map(() => [401, "unauthorized"]));

    const searched = await user.client.schema("upload_pipeline")
      .rpc("search_chunks", { query_text: "fees?", mode: "text" });
    expect([searched.status, searched.error?.code]).toEqual([401, "PT401"]);
    const { data } = await user.client.storage.from("files").download(raw_path);
    expect(data).toBeNull();

    const login = await call("/api/auth/login", {
      method: "POST",
      json: { email: user.email, password: PASSWORD },
    });
    expect(login.status).toBe(401);
    // The rejected search left no trace either.
    expect(await traces(user)).toEqual({});
  });

  it("returns 403 when the password is wrong", async () => {
    await register(user);
    for (const password of ["guessed", `${PASSWORD} `]) {
      const { status, body } = await leave(user, password);
      expect([status, body.error.code]).toEqual([403, "wrong_password"]);
    }
    const { body } = await call("/api/documents", { user });
    expect(body.documents).toHaveLength(1);
    expect((await auditEntries(user)).map(({ action }) => action))
      .toEqual(["upload", "sign_in_failed", "sign_in_failed"]);
  });

  it("records the deletion, and names the user only until it is complete", async () => {
    const requestId = crypto.randomUUID();
    await leave(user, PASSWORD, { "x-request-id": requestId });
    const rows = await sql`
      select action, actor, user_id, subject_id from pipeline_internal.audit_log
      where request_id = ${requestId}`;
    expect(rows).toEqual([{
      action: "account_deletion",
      actor: "user",
      user_id: null,
      subject_id: null,
    }]);
  });

  it("keeps the other account's document when it has the same bytes", async () => {
    const bytes = await newPdf();
    const other = await createUser();
    const [mine, theirs] = [
      await upload(user, bytes),
      await upload(other, bytes),
    ];
    await waitFor(other, theirs.document_id, ["complete"]);
    await waitFor(user, mine.document_id, ["complete"]);
    expect((await leave(other)).status).toBe(204);
    await gone(other);
    const { body } = await call("/api/search", {
      method: "POST",
      user,
      json: { query: "membership" },
    });
    expect(body.results.length).toBeGreaterThan(0);
  });

  it("removes everything when documents are being processed", async () => {
    const bytes = await handbook();
    const random = new Random(1);
    const users = await Promise.all(
      Array.from({ length: 6 }, async (_, n) => {
        const leaving = await createUser();
        for (let i = 0; i < 3; i++) await upload(leaving, variant(bytes));
        await pause(random.between(0, 2_000));
        if (n % 2 === 0) {
          expect((await leave(leaving)).status).toBe(204);
        } else {
          await deletedByAdministrator(leaving);
        }
        return leaving;
      }),
    );
    await cancelAll(sql);
    for (const leaving of users) await gone(leaving);
  });

  it("removes everything when Auth's admin API deletes the user", async () => {
    const { document_id } = await upload(user);
    await waitFor(user, document_id, ["complete"]);
    await deletedByAdministrator(user);
    await gone(user);
    const [last] = await sql`
      select actor, database_role from pipeline_internal.audit_log
      where action = 'account_deleted' order by audit_no desc limit 1`;
    expect(last).toEqual({
      actor: "operator",
      database_role: "supabase_auth_admin",
    });
  });
});

/** Fields that an export names differently from their column. */
const RENAMED: Record<string, string> = {
  type: "event",
  chunk_ord: "ord",
};

/** Columns that an export leaves out: storage paths, processing state, and values computed from exported ones. */
const NOT_EXPORTED: Record<string, string[]> = {
  documents: [
    "user_id",
    "raw_path",
    "original_path",
    "verified_at",
    "parsed_path",
    "parsed_sha256",
    "page_starts",
    "chunk_count",
  ],
  upload_jobs: [
    "attempt_count",
    "claimed_at",
    "correlation_id",
    "counted_at",
    "document_id",
    "finished_at",
    "user_queued_at",
    "is_isolated",
    "is_page_reparse",
    "lost_count",
    "message_id",
    "next_attempt_at",
    "pages_to_read",
    "resume",
    "run_id",
    "stage",
    "unexplained_count",
    "units_done",
    "units_total",
    "upload_expires_at",
    "user_id",
    "waiting_for",
  ],
  events: ["claimed_at", "correlation_id", "event_no", "job_id", "run_id", "user_id"],
  document_chunks: [
    "chunk_sha",
    "chunker_name",
    "chunker_version",
    "context",
    "created_at",
    "embed_model",
    "embedded_at",
    "embedding",
    "embedding_signs",
    "page_offsets",
    "search_text",
    "token_count",
    "user_id",
  ],
};

describe("GET /api/account/export", () => {
  it("returns all data and URLs of the files in one call", async () => {
    const [user, other] = [await createUser(), await createUser()];
    const bytes = await newPdf();
    const { document_id } = await upload(user, bytes);
    const foreign = await upload(other, bytes);
    const waiting = await call("/api/upload-document-backend", {
      method: "POST",
      user,
      headers: { "idempotency-key": "k" },
      json: {
        filename: "a.pdf",
        mime: "application/pdf",
        bytes_len: 1,
        sha256: "a".repeat(64),
      },
    });
    await waitFor(user, document_id, ["complete"]);
    await waitFor(other, foreign.document_id, ["complete"]);
    await call("/api/search", {
      method: "POST",
      user,
      json: { query: "What does membership cost?" },
    });

    const { status, body } = await call("/api/account/export", { user });
    expect(status).toBe(200);
    const lines = body.trimEnd().split("\n")
      .map((line: string) => JSON.parse(line));
    const ofType = (type: string) => lines.filter((line: { type: string }) => line.type === type);
    expect(ofType("account")[0].user.email).toBe(user.email);
    expect(lines.at(-1)).toEqual({ type: "end", next_after: null });
    expect(body).not.toContain(other.id);
    expect(body).not.toContain(foreign.document_id);

    const documents = ofType("document");
    expect(
      new Set(documents.map((d: { document_id: string }) => d.document_id)),
    )
      .toEqual(new Set([document_id, waiting.body.document_id]));
    const { files, file_sha256 } = documents.find((
      d: { document_id: string },
    ) => d.document_id === document_id);
    const original = await fetch(files.original);
    expect(await sha256Hex(new Uint8Array(await original.arrayBuffer())))
      .toBe(file_sha256);
    const markdown = await (await fetch(files.markdown)).text();
    expect(markdown).toContain("Harbour Library");

    const [{ chunks, events }] = await sql`
      select (select count(*)::int from upload_pipeline.document_chunks where user_id = ${user.id}) as chunks,
             (select count(*)::int from upload_pipeline.events where user_id = ${user.id}) as events`;
    expect(ofType("chunk")).toHaveLength(chunks);
    expect(ofType("event")).toHaveLength(events);
    expect(chunks).toBeGreaterThan(5);

    const rows = ofType("row") as {
      table: string;
      data: Record<string, unknown>;
    }[];
    expect(new Set(rows.map(({ table }) => table))).toEqual(
      new Set([
        "rate_limits",
        "audit_log",
        "charges",
        "costs",
        "idempotency_keys",
        "live_events",
        "reservations",
        "questions",
        "sessions",
      ]),
    );
    const [{ cents }] = await sql`
      select sum(cents)::text as cents from pipeline_internal.charges where user_id = ${user.id}`;
    const charged = rows.filter(({ table }) => table === "charges")
      .reduce((sum, { data }) => sum + Number(data.cents), 0);
    expect(charged).toBeCloseTo(Number(cents), 6);

    // Every column is exported, or says nothing about the user that an exported one does not say.
    const exported: Record<string, Set<string>> = {
      documents: new Set(Object.keys(documents[0])),
      upload_jobs: new Set(Object.keys(documents[0].job)),
      events: new Set(Object.keys(ofType("event")[0])),
      document_chunks: new Set(Object.keys(ofType("chunk")[0])),
    };
    for (const [table, keys] of Object.entries(exported)) {
      const columns = await sql<{ name: string }[]>`
        select attname as name from pg_attribute
        where attrelid = ${`upload_pipeline.${table}`}::regclass and attnum > 0 and not attisdropped`;
      const omitted = columns.map(({ name }) => name)
        .filter((name) => !keys.has(RENAMED[name] ?? name));
      expect([table, omitted.sort()])
        .toEqual([table, NOT_EXPORTED[table].toSorted()]);
    }
  });
});

describe("the audit log", () => {
  // An isolate records a limited number of rejected callbacks a minute.
  beforeAll(restartFunctions);

  it("records the actor, network and request of each action", async () => {
    const requestId = crypto.randomUUID();
    const headers = {
      "x-request-id": requestId,
      "x-forwarded-for": "203.0.113.7",
    };
    const json = {
      email: `user-${crypto.randomUUID()}@example.test`,
      password: PASSWORD,
      consent_version: "1",
      consent_timestamp: "2026-11-01T10:00:00Z",
    };
    const signedUp = await call("/api/auth/signup", {
      method: "POST",
      json,
      headers,
    });
    const user: User = {
      id: signedUp.body.user.id,
      email: json.email,
      token: signedUp.body.access_token,
      client: createClient(stack.url, stack.publishableKey),
    };
    await call("/api/auth/login", {
      method: "POST",
      json: { email: json.email, password: "wrong" },
      headers,
    });
    const { body } = await call("/api/upload-document-backend", {
      method: "POST",
      user,
      headers,
      json: {
        filename: "a.pdf",
        mime: "application/pdf",
        bytes_len: 1,
        sha256: "a".repeat(64),
      },
    });
    await call(`/api/documents/${body.document_id}`, {
      method: "DELETE",
      user,
      headers,
    });
    await (await fetch(`${functionsUrl}/api/account/export`, {
      headers: { authorization: `Bearer ${user.token}`, ...headers },
    })).text();
    await call("/webhook/llamaparse", { method: "POST", json: {}, headers });

    const rows = await sql`
      select action, actor, user_id, network::text, subject_id, details from pipeline_internal.audit_log
      where request_id = ${requestId} order by audit_no`;
    const act = (
      action: string,
      actor = "user",
      details = {},
      subject_id: string | null = null,
    ) => ({
      action,
      actor,
      user_id: action === "webhook_refused" ? null : user.id,
      network: rows[0].network,
      subject_id,
      details,
    });
    expect(rows).toEqual([
      act("sign_up", "user", { consent_version: "1" }),
      act("sign_in_failed", "visitor", { code: "invalid_credentials" }),
      act("upload", "user", { outcome: "created" }, body.document_id),
      act("delete", "user", {}, body.document_id),
      act("export"),
      act("webhook_refused", "visitor", { reason: "invalid_signature" }),
    ]);
    const everything = JSON.stringify(
      await sql`select * from pipeline_internal.audit_log`,
    );
    for (const secret of [PASSWORD, json.email, user.token, "203.0.113.7"]) {
      expect(everything).not.toContain(secret);
    }
  });
});
