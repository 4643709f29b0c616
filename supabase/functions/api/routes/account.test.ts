import type { User } from "@supabase/supabase-js";
import { beforeEach, describe, expect, test } from "vitest";
import { HttpError } from "../../_shared/errors.ts";
import type { ExportedDocument } from "../queries.ts";
import { DOCUMENT, FakeWorld, JOB, ORIGINAL_PATH, OTHER_USER, USER } from "../testing/fakes.ts";

const EMAIL = "ann@example.test";
const PASSWORD = "correct horse battery";
const user = { id: USER, email: EMAIL } as User;

let world: FakeWorld;
/** The calls, in order. */
let steps: string[];

beforeEach(() => {
  world = new FakeWorld();
  steps = [];
  world.accounts = {
    ...world.accounts,
    user: () => Promise.resolve(user),
    signIn: (email, password) => {
      steps.push(`sign in ${email}`);
      return password === PASSWORD
        ? Promise.resolve({
          access_token: "a",
          refresh_token: "r",
          token_type: "bearer",
          expires_in: 3600,
          user,
        })
        : Promise.reject(
          new HttpError("invalid_credentials", { message: "It is wrong." }),
        );
    },
    remove: (id) => {
      steps.push(`remove ${id}`);
      return Promise.resolve();
    },
  };
  const { record } = world.audit;
  world.audit.record = (act, id, origin) => {
    steps.push(`record ${act}`);
    return record(act, id, origin);
  };
  world.queries.deleteDocuments = (id) => {
    steps.push(`delete documents ${id}`);
    return Promise.resolve();
  };
});

const leave = (password: unknown, as: string | null = USER) =>
  world.request("/api/account", {
    method: "DELETE",
    user: as,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ password }),
  });

describe("deleting an account", () => {
  test("records the deletion, deletes the documents, and deletes the account, in this order", async () => {
    const answer = await leave(PASSWORD);
    expect([answer.status, await answer.text()]).toEqual([204, ""]);
    expect(steps).toEqual([
      `sign in ${EMAIL}`,
      "record account_deletion",
      `delete documents ${USER}`,
      `remove ${USER}`,
    ]);
  });

  test("answers 403, changes nothing and records a failed sign-in when the password is wrong", async () => {
    const answer = await leave("guessed");
    expect(answer.status).toBe(403);
    expect((await answer.json()).error.code).toBe("wrong_password");
    expect(steps).toEqual([`sign in ${EMAIL}`]);
    expect(world.auditEntries).toEqual([
      expect.stringMatching(`^sign_in_failed ${EMAIL} invalid_credentials `),
    ]);
  });

  test("answers 403 when the user has no address to sign in with", async () => {
    world.accounts.user = () => Promise.resolve({ ...user, email: undefined });
    expect((await leave(PASSWORD)).status).toBe(403);
    expect(steps).toEqual([]);
  });

  test("answers 403 with the time from which it is possible when the password was changed within a day", async () => {
    const from = new Date(Date.now() + 3_600_000);
    world.queries.passwordTrustedFrom = () => Promise.resolve(from);
    const answer = await leave(PASSWORD);
    expect(answer.status).toBe(403);
    expect(answer.headers.get("retry-after")).toBe("3600");
    expect((await answer.json()).error).toMatchObject({
      code: "password_changed_recently",
      details: { possible_from: from.toISOString() },
    });
    expect(steps).toEqual([`sign in ${EMAIL}`]);
  });

  test("answers 403 when the address belongs to another user now", async () => {
    expect((await leave(PASSWORD, OTHER_USER)).status).toBe(403);
    expect(steps).toEqual([`sign in ${EMAIL}`]);
  });

  test.each([[undefined], [""], [7], ["x".repeat(1025)]])(
    "answers 422 without a password (%j)",
    async (password) => {
      expect((await leave(password)).status).toBe(422);
      expect(steps).toEqual([]);
    },
  );

  test("answers 403 when the account has no password and the token shows no recent sign-in", async () => {
    world.queries.requiredProof = () => Promise.resolve({ password: false, secondFactor: false });
    for (const password of [undefined, PASSWORD]) {
      const answer = await leave(password);
      expect([answer.status, (await answer.json()).error.code])
        .toEqual([403, "sign_in_required"]);
    }
    expect(steps).toEqual([]);
  });

  test("answers 403 without a required second factor, whatever the password", async () => {
    world.queries.requiredProof = () => Promise.resolve({ password: true, secondFactor: true });
    const answer = await leave(PASSWORD);
    expect([answer.status, (await answer.json()).error.code])
      .toEqual([403, "mfa_required"]);
    expect(steps).toEqual([]);
  });

  test("answers 401 without a token", async () => {
    expect((await leave(PASSWORD, null)).status).toBe(401);
    expect(steps).toEqual([]);
  });

  test("deletes nothing when the deletion cannot be recorded", async () => {
    world.audit.record = () => Promise.reject(new Error("down"));
    expect((await leave(PASSWORD)).status).toBe(500);
    expect(steps).toEqual([`sign in ${EMAIL}`]);
  });

  test("counts as a sign-in attempt from the address, and as the user's request", async () => {
    await leave("guessed");
    expect(world.taken).toEqual(["sign-in unknown", `request ${USER}`]);
  });

  test("writes no password to the log", async () => {
    await leave(PASSWORD);
    await leave("guessed");
    const lines = await world.logged();
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.join()).not.toMatch(`${PASSWORD}|guessed`);
  });
});

describe("the export", () => {
  const exported = (n = 0): ExportedDocument => ({
    document_id: n === 0 ? DOCUMENT : `0b780576-24d4-5f60-a700-${String(n).padStart(12, "0")}`,
    filename: "paper.pdf",
    filename_full: "report.pdf",
    policy_id: null,
    mime: "application/pdf",
    bytes_len: 10,
    file_sha256: "a".repeat(64),
    page_count: 2,
    title: "A paper",
    language: "en",
    warnings: [],
    created_at: new Date("2026-01-01T00:00:00Z"),
    updated_at: new Date("2026-01-02T00:00:00Z"),
    original_path: ORIGINAL_PATH,
    parsed_path: null,
    job_id: JOB,
    status: "complete",
    state: "done",
    retry_count: 0,
    ocr: false,
    last_error: null,
    job_created_at: new Date("2026-01-01T00:00:00Z"),
    job_updated_at: new Date("2026-01-02T00:00:00Z"),
  });
  const chunk = (ord: number, text = "text") => ({
    chunk_id: crypto.randomUUID(),
    ord,
    page_from: 1,
    page_to: 2,
    heading_path: [],
    text,
  });
  const read = async (answer: Response) => (await answer.text()).trimEnd().split("\n").map((line) => JSON.parse(line));

  test("has the account, then each document with its events and chunks, and an end", async () => {
    world.exported = [exported()];
    world.stored.set(ORIGINAL_PATH, new Uint8Array());
    world.chunks.set(DOCUMENT, Array.from({ length: 401 }, (_, n) => chunk(n)));
    const answer = await world.request("/api/account/export");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toBe("application/x-ndjson");
    expect(answer.headers.get("cache-control")).toBe("no-store");

    const [account, document, ...rest] = await read(answer);
    expect(account).toMatchObject({ type: "account", user: { email: EMAIL } });
    expect(document).toMatchObject({
      type: "document",
      document_id: DOCUMENT,
      job: { job_id: JOB, status: "complete" },
      files: {
        original: `https://files.example/${ORIGINAL_PATH}?as=paper.pdf`,
        markdown: null,
      },
    });
    expect(document.original_path).toBeUndefined();
    expect(rest.slice(0, -1).map(({ type, ord }) => [type, ord])).toEqual(
      Array.from({ length: 401 }, (_, n) => ["chunk", n]),
    );
    expect(rest.at(-1)).toEqual({ type: "end", next_after: null });
    expect(steps).toEqual(["record export"]);
  });

  test("has every row with the user's id, before the documents", async () => {
    world.exported = [exported()];
    const row = (n: number) => ({
      sort_key: String(n).padStart(4, "0"),
      data: { n },
    });
    world.rows.set("audit_log", Array.from({ length: 1000 }, (_, n) => row(n)));
    world.rows.set("costs", [row(7)]);
    world.rows.set("budgets", []);
    const [account, ...rest] = await read(
      await world.request("/api/account/export"),
    );
    expect(account.type).toBe("account");
    expect(rest.slice(0, 1001)).toEqual([
      ...Array.from({ length: 1000 }, (_, n) => ({
        type: "row",
        table: "audit_log",
        data: { n },
      })),
      { type: "row", table: "costs", data: { n: 7 } },
    ]);
    expect(rest[1001].type).toBe("document");
    const [next] = await read(
      await world.request(`/api/account/export?after=${OTHER_USER}`),
    );
    expect(next.type).not.toBe("row");
  });

  test("ends after 16 MiB and says where to continue", async () => {
    const long = "x".repeat(1024 * 1024);
    world.exported = [1, 2, 3].map(exported);
    const [first, second, third] = world.exported.map((d) => d.document_id);
    for (const id of [first, second, third]) {
      world.chunks.set(id, Array.from({ length: 9 }, (_, n) => chunk(n, long)));
    }
    const lines = await read(await world.request("/api/account/export"));
    expect(lines.at(-1)).toEqual({ type: "end", next_after: second });
    const rest = await read(
      await world.request(`/api/account/export?after=${second}`),
    );
    expect(rest.map(({ type }) => type)).toEqual([
      "document",
      ...Array(9).fill("chunk"),
      "end",
    ]);
    expect(rest[0].document_id).toBe(third);
    expect(rest.at(-1).next_after).toBeNull();
  });

  test("reads no further than the client receives", async () => {
    let pages = 0;
    world.exported = [exported()];
    world.queries.exportedChunks = (_claims, _id, after) => {
      pages++;
      return Promise.resolve(
        Array.from({ length: 200 }, (_, n) => chunk(after + 1 + n)),
      );
    };
    const answer = await world.request("/api/account/export");
    const reader = answer.body!.getReader();
    for (let lines = 0; lines < 100; lines++) await reader.read();
    expect(pages).toBeLessThanOrEqual(2);
    await reader.cancel();
  });

  test("has no end line when it fails midway", async () => {
    world.exported = [exported()];
    world.queries.exportedChunks = () => Promise.reject(new Error("down"));
    const answer = await world.request("/api/account/export");
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow();
    expect(world.lines.join()).toContain("export incomplete");
  });

  test("answers an error when it cannot begin", async () => {
    world.queries.exportedDocuments = () => Promise.reject(new Error("down"));
    expect((await world.request("/api/account/export")).status).toBe(500);
  });

  test("runs every query with its owner's claims", async () => {
    const asked: string[] = [];
    world.accounts.user = () => Promise.resolve({ ...user, id: OTHER_USER });
    world.queries.exportedDocuments = (claims) => {
      asked.push(claims.sub);
      return Promise.resolve([]);
    };
    await (await world.request("/api/account/export", { user: OTHER_USER }))
      .text();
    expect(asked).toEqual([OTHER_USER]);
    const unauthenticated = await world.request("/api/account/export", {
      user: null,
    });
    expect(unauthenticated.status).toBe(401);
  });
});
