import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { decodeProtectedHeader, SignJWT } from "jose";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createPipelineClient } from "../../../client/src/index.ts";
import { makeReachableTempDir } from "../../../scripts/platform/stack/postgres/account.ts";
import { type Stack, startStack } from "../../../scripts/platform/stack/stack.ts";
import { newPdf, PASSWORD, stack as simulators } from "./harness.ts";
import { describeRefusedTokens } from "./token_cases.ts";

/** A project with ES256, published keys and `sb_…` keys, without legacy keys. */
let stateDir: string;
let stack: Stack;
let client: SupabaseClient;
let userId: string;

beforeAll(async () => {
  stateDir = await makeReachableTempDir("pipeline-es256-");
  stack = await startStack({
    stateDir,
    port: 0,
    databasePort: 0,
    durable: false,
    jwt: "es256",
    functionEnv: {
      LLAMAPARSE_API_KEY: simulators.providerKeys.llamaparse,
      LLAMAPARSE_API_URL: simulators.llamaparseUrl,
      OPENAI_API_KEY: simulators.providerKeys.openai,
      OPENAI_API_URL: `${simulators.openaiUrl}/v1`,
    },
  });
  client = createClient(stack.url, stack.publishableKey, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  const { data, error } = await client.auth.signUp({
    email: "ada@example.test",
    password: PASSWORD,
  });
  if (error) throw error;
  userId = data.user!.id;
}, 120_000);

afterAll(async () => {
  await stack?.stop();
  await Deno.remove(stateDir, { recursive: true });
});

async function accessToken(): Promise<string> {
  const { data } = await client.auth.getSession();
  return data.session!.access_token;
}

it("a document goes from upload to an answer, with a publishable key and an ES256 token", async () => {
  const pipeline = createPipelineClient(client);
  const { documentId } = await pipeline.upload(
    await newPdf(),
    { filename: "handbook.pdf" },
  );
  await pipeline.waitUntilComplete(documentId);
  const { results } = await pipeline.search("When does the library open?");
  expect(results[0].document_id).toBe(documentId);
  // Row-level security knows the user, in REST and in Storage.
  const { data: rows } = await client.schema("upload_pipeline")
    .from("documents").select("document_id, original_path");
  expect(rows).toEqual([
    expect.objectContaining({ document_id: documentId }),
  ]);
  const { data: file } = await client.storage.from("files")
    .download(rows![0].original_path);
  expect(file!.size).toBeGreaterThan(0);
});

it("Auth publishes its verification key, and no secret part of it", async () => {
  const { alg, kid } = decodeProtectedHeader(await accessToken());
  const response = await fetch(`${stack.url}/auth/v1/.well-known/jwks.json`);
  const { keys } = await response.json();
  expect(alg).toBe("ES256");
  expect(keys).toEqual([
    expect.objectContaining({ alg: "ES256", crv: "P-256", kid }),
  ]);
  expect(keys[0]).not.toHaveProperty("d");
});

it("a refreshed session has a token of the same kind", async () => {
  const { data, error } = await client.auth.refreshSession();
  expect(error).toBeNull();
  expect(decodeProtectedHeader(data.session!.access_token).alg).toBe("ES256");
  const { data: { user } } = await client.auth.getUser(
    data.session!.access_token,
  );
  expect(user!.id).toBe(userId);
});

it("legacy keys, and tokens signed with the secret of older projects, are refused", async () => {
  const forged = await new SignJWT({
    sub: userId,
    role: "authenticated",
    aud: "authenticated",
    iss: `${stack.url}/auth/v1`,
    exp: Math.floor(Date.now() / 1000) + 600,
  }).setProtectedHeader({ alg: "HS256" })
    .sign(new TextEncoder().encode(stack.jwtSecret));
  const headers = (bearer: string, apikey = stack.publishableKey) => ({
    apikey,
    authorization: `Bearer ${bearer}`,
    "accept-profile": "upload_pipeline",
  });
  const statuses: number[] = [];
  for (
    const [path, init] of [
      ["/rest/v1/documents", headers(forged)],
      ["/rest/v1/documents", headers(stack.serviceRoleKey)],
      ["/rest/v1/documents", headers(stack.anonKey, stack.anonKey)],
      ["/auth/v1/user", headers(forged)],
      [`/auth/v1/admin/users/${userId}`, headers(stack.serviceRoleKey)],
      ["/functions/v1/api/documents", headers(forged)],
    ] as const
  ) {
    const response = await fetch(`${stack.url}${path}`, { headers: init });
    await response.body?.cancel();
    statuses.push(response.status);
  }
  expect(statuses.filter((status) => status < 400)).toEqual([]);
  const object = await fetch(`${stack.url}/storage/v1/object/list/files`, {
    method: "POST",
    headers: { ...headers(forged), "content-type": "application/json" },
    body: JSON.stringify({ prefix: "user" }),
  });
  await object.body?.cancel();
  expect(object.ok).toBe(false);
});

describeRefusedTokens(() => ({ ...stack, userId, sign: stack.signToken }));
