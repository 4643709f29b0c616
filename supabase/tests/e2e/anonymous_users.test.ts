import { Buffer } from "node:buffer";
import { createClient } from "@supabase/supabase-js";
import { decodeJwt, SignJWT } from "jose";
import { afterEach, beforeEach, expect, it } from "vitest";
import { withEveryOption } from "./every_option.ts";
import { call, createUser, eventually, handbook, register, stack, upload, type User } from "./harness.ts";
import { useDatabase } from "./hooks.ts";

/** Anyone can create any number of users without an address or a password; every route refuses them unless allowed. */
const sql = useDatabase();
withEveryOption();
const allows = (allowed: boolean) => sql`update pipeline_internal.limits set allow_anonymous_users = ${allowed}`;
afterEach(() => allows(false));

/** Anonymous users with documents, created while they were allowed. */
let user: User;
/** A complete document, and one that is awaiting its upload. */
let there: string;
let waiting: { document_id: string; signed_url: string };

beforeEach(async () => {
  await allows(true);
  user = await anonymousUser();
  there = (await upload(user)).document_id;
  await eventually(async () => {
    const [{ verified_at }] = await sql`
      select verified_at from upload_pipeline.documents where document_id = ${there}`;
    return verified_at !== null;
  }, "a file that can be downloaded");
  waiting = (await register(user)).body;
  await allows(false);
});

async function anonymousUser(): Promise<User> {
  const named = await createUser();
  await sql`update auth.users set is_anonymous = true where id = ${named.id}`;
  const token = await new SignJWT({
    ...decodeJwt(named.token),
    is_anonymous: true,
  }).setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .sign(new TextEncoder().encode(stack.jwtSecret));
  const client = createClient(stack.url, stack.publishableKey, {
    global: { headers: { authorization: `Bearer ${token}` } },
    auth: { persistSession: false, autoRefreshToken: false },
  });
  return { ...named, token, client };
}

async function answersOfApi(): Promise<number[]> {
  const search = { method: "POST", user, json: { query: "membership" } };
  const consent = { method: "POST", user, json: { consent_version: "1" } };
  const { status } = await register(user);
  const others = await Promise.all([
    call("/api/documents", { user }),
    call(`/api/documents/${there}/status`, { user }),
    call(`/api/documents/${there}/download`, { user }),
    call("/api/search", search),
    call("/api/account/consent", consent),
    call("/api/jobs", { user }),
    call("/api/upload/limits", { user }),
  ]);
  return [status, ...others.map(({ status }) => status)];
}

async function rowsOfDataApi(): Promise<number[]> {
  const { client } = user;
  const tables = ["documents", "upload_jobs", "events", "document_status"];
  return await Promise.all(tables.map(async (table) => {
    const { data, error } = await client.schema("upload_pipeline").from(table)
      .select("*");
    if (error) throw error;
    return data.length;
  }));
}

async function filesOfStorage() {
  const files = user.client.storage.from("files");
  const [{ original_path }] = await sql`
    select original_path from upload_pipeline.documents where document_id = ${there}`;
  const download = await files.download(original_path);
  const put = await files.upload(
    `user/${user.id}/raw/${waiting.document_id}.pdf`,
    Buffer.from(await handbook()),
    { contentType: "application/pdf" },
  );
  return { download: !download.error, put: !put.error };
}

it("are refused by the API, the Data API and Storage", async () => {
  expect(await answersOfApi()).toEqual(Array(8).fill(401));
  expect(await rowsOfDataApi()).toEqual([0, 0, 0, 0]);
  const { error } = await user.client.schema("upload_pipeline")
    .rpc("search_chunks", { query_text: "membership", mode: "text" });
  expect(error?.code).toBe("42501");
  expect(await filesOfStorage()).toEqual({ download: false, put: false });
});

it("have a user's rights when the project allows them", async () => {
  await allows(true);
  expect(await answersOfApi()).toEqual(Array(8).fill(200));
  const rows = await rowsOfDataApi();
  expect(rows.every((count) => count > 0)).toBe(true);
  expect(await filesOfStorage()).toEqual({ download: true, put: true });
});
