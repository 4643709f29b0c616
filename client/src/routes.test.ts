import { createClient } from "@supabase/supabase-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readOpenApi, type Schema } from "../../scripts/dev/generate/openapi.ts";
import { CLIENT_CODES } from "./error_codes.ts";
import { createPipelineClient, type PipelineClient, PipelineError } from "./index.ts";

const ID = "0b780576-24d4-5f60-a700-b14c08f7da3e";

/** The operations of the OpenAPI document that the client does not call, and why. */
const LEFT_OUT: Record<string, string> = {
  alive: "for operators",
  health: "for operators",
  openApi: "for generators of clients",
  logIn: "supabase.auth.signInWithPassword signs in",
  refreshSession: "supabase.auth renews sessions by itself",
  receiveCallback: "for LlamaParse",
  receiveCallbackOfJob: "for LlamaParse",
  webhookStatus: "for operators",
  webhookTest: "for operators",
};

/** A call of each other operation, with every option. */
const CALLS: Record<string, (client: PipelineClient) => Promise<unknown>> = {
  uploadDocument: (client) => client.upload(new Uint8Array(3), { filename: "a", mime: "b", ocr: true, policyId: "c" }),
  uploadLimits: (client) => client.limits(),
  listDocuments: (client) =>
    client.documents({
      limit: 5,
      cursor: "c",
      sort: "filename",
      order: "asc",
      status: "complete",
      state: "done",
      q: "a",
    }),
  documentStatus: (client) => client.status(ID),
  deleteDocument: (client) => client.remove(ID),
  downloadDocument: (client) => client.downloadUrl(ID, { variant: "markdown" }),
  reparseDocument: (client) => client.reparse(ID, { pages: [1], ocr: true, idempotencyKey: "key" }),
  listJobs: (client) => client.jobs({ state: "deadletter", limit: 5, offset: 5 }),
  getJob: (client) => client.job(ID),
  retryJob: (client) => client.retry(ID),
  search: (client) =>
    client.search("q", {
      k: 1,
      mode: "hybrid",
      documentIds: [ID],
      minScore: 0,
      minSimilarity: 0,
      expand: 1,
      maxPerDocument: 1,
      weights: { words: 1, meaning: 1 },
      language: "en",
      cursor: "c",
      explain: true,
    }),
  signUp: (client) =>
    client.account.signUp({
      email: "a@example.com",
      password: "b",
      consentVersion: "1",
      name: "A",
      consentedAt: new Date(),
    }),
  currentUser: (client) => client.account.user(),
  recordConsent: (client) => client.account.consent("1"),
  exportAccount: async (client) => {
    for await (const line of client.account.exportData()) expect(line.type).toBe("row");
  },
  deleteAccount: (client) => client.account.delete({ password: "p" }),
};

/** Fields and parameters that the client never sends, and why. */
const NEVER_SENT: Record<string, string> = {
  "uploadDocument Idempotency-Key": "registering the same bytes again has no further effect",
};

interface Asked {
  method: string;
  path: string;
  search: URLSearchParams;
  headers: Headers;
  body: Record<string, unknown>;
}

const operations: Record<string, { route: string; path: RegExp; sent: string[]; required: string[] }> = {};
let server: Deno.HttpServer<Deno.NetAddr>;
let asked: Asked[] = [];
let answer: (request: Asked) => Response;

beforeAll(async () => {
  const { paths, components: { schemas } } = await readOpenApi();
  const resolve = (schema: Schema): Schema => {
    const one = schema.anyOf?.[0] ?? schema;
    return one.$ref ? resolve(schemas[one.$ref.split("/").at(-1)!]) : one;
  };
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, { operationId, parameters = [], requestBody }] of Object.entries(methods)) {
      const schema = requestBody?.content["application/json"]?.schema;
      const body = schema ? resolve(schema) : {};
      operations[operationId] = {
        route: `${method.toUpperCase()} ${path}`,
        path: new RegExp(`^/functions/v1${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`),
        sent: [
          ...parameters.filter((parameter) => parameter.in !== "path").map(({ name }) => name),
          ...Object.keys(body.properties ?? {}),
        ],
        required: body.required ?? [],
      };
    }
  }
  server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname, searchParams } = new URL(request.url);
    const text = await request.text();
    const one = {
      method: request.method,
      path: pathname,
      search: searchParams,
      headers: request.headers,
      body: text.startsWith("{") ? JSON.parse(text) : {},
    };
    asked.push(one);
    return answer(one);
  });
});
afterAll(() => server.shutdown());

function client(): PipelineClient {
  asked = [];
  const supabase = createClient(`http://127.0.0.1:${server.addr.port}`, "key", {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  return createPipelineClient(supabase);
}

describe("the client's routes", () => {
  it("are all that the OpenAPI document has for users", () => {
    expect([...Object.keys(CALLS), ...Object.keys(LEFT_OUT)].toSorted()).toEqual(Object.keys(operations).toSorted());
  });

  it.each(Object.keys(CALLS))("call %s with everything that it takes", async (id) => {
    answer = ({ path }) =>
      path.endsWith("/upload-document-backend")
        ? Response.json({ error: { code: "x", message: "No.", request_id: "r" } }, { status: 400 })
        : path.endsWith("/export")
        ? new Response(`{"type":"row"}\n{"type":"end","next_after":null}\n`, {
          headers: { "content-type": "application/x-ndjson" },
        })
        : Response.json({});
    await CALLS[id](client()).catch((error) => expect(error).toBeInstanceOf(PipelineError));
    const [{ method, path, search, headers, body }] = asked;
    const { route, path: expected, sent, required } = operations[id];
    expect(`${method} ${path}`).toMatch(new RegExp(`^${route.split(" ")[0]} `));
    expect(path).toMatch(expected);
    const named = sent.filter((name) => headers.has(name));
    const given = [...search.keys(), ...Object.keys(body), ...named];
    const never = sent.filter((name) => NEVER_SENT[`${id} ${name}`]);
    expect([...given, ...never].toSorted()).toEqual(id === "exportAccount" ? [] : sent.toSorted());
    for (const name of required) expect(Object.keys(body)).toContain(name);
  });
});

describe("the page of the client", () => {
  const read = () => Deno.readTextFile(new URL("../../docs/using/client.md", import.meta.url));
  const wordsIn = (text: string) => [...text.matchAll(/`(\w+)`/g)].map(([, word]) => word);

  it("names every method", async () => {
    const [, table] = /^\| method[^]*?\n((?:\|.*\n)+)/m.exec(await read())!;
    const named = wordsIn(table.split("\n").map((row) => row.split("|")[1]).join());
    const { account, ...own } = client();
    expect(named.toSorted()).toEqual([...Object.keys(own), "account", ...Object.keys(account)].toSorted());
  });

  it("names every code of the client's own", async () => {
    const [, table] = /## Errors[^]*?^\| code[^]*?\n((?:\|.*\n)+)/m.exec(await read())!;
    const named = wordsIn(table.split("\n").map((row) => row.split("|")[1]).join());
    expect(named.toSorted()).toEqual([...CLIENT_CODES].toSorted());
  });
});

describe("an export", () => {
  const lines = (...parts: unknown[]) =>
    new Response(parts.map((part) => `${JSON.stringify(part)}\n`).join(""), {
      headers: { "content-type": "application/x-ndjson" },
    });
  const read = async () => {
    const types: string[] = [];
    for await (const { type } of client().account.exportData()) types.push(type);
    return types;
  };

  it("continues after the document at which an answer ends", async () => {
    answer = ({ search }) =>
      search.get("after") === ID
        ? lines({ type: "chunk" }, { type: "end", next_after: null })
        : lines({ type: "account" }, { type: "document" }, { type: "end", next_after: ID });
    expect(await read()).toEqual(["account", "document", "chunk"]);
    expect(asked.map(({ search }) => search.get("after"))).toEqual([null, ID]);
  });

  it.each([
    ["without its last line", `{"type":"account"}\n`],
    ["within a line", `{"type":"account"}\n{"type":"docum`],
    ["before its first line", ""],
  ])("is refused when it ends %s", async (_where, text) => {
    answer = () => new Response(text, { headers: { "content-type": "application/x-ndjson" } });
    await expect(read()).rejects.toMatchObject({ code: "unexpected_answer" });
  });
});

describe("an account", () => {
  it("is signed in after its sign-up, and signed out after its deletion", async () => {
    const claims = btoa(JSON.stringify({ sub: ID, exp: Math.floor(Date.now() / 1000) + 3600 }));
    const user = { id: ID, email: "a@example.com" };
    answer = ({ path }) =>
      path.endsWith("/signup")
        ? Response.json({ access_token: `e30.${claims}.c2ln`, refresh_token: "r", user, confirmation_required: false })
        : path.endsWith("/user")
        ? Response.json(user)
        : new Response(null, { status: 204 });
    const supabase = createClient(`http://127.0.0.1:${server.addr.port}`, "key", {
      auth: { persistSession: false, autoRefreshToken: false },
    });
    const { account } = createPipelineClient(supabase);
    await account.signUp({ email: "a@example.com", password: "b", consentVersion: "1" });
    expect((await supabase.auth.getSession()).data.session?.user.id).toBe(ID);
    await account.delete({ password: "b" });
    expect((await supabase.auth.getSession()).data.session).toBeNull();
  });
});

describe("an account of a client whose sessions are kept elsewhere", () => {
  it("is deleted all the same", async () => {
    answer = () => new Response(null, { status: 204 });
    const supabase = createClient(`http://127.0.0.1:${server.addr.port}`, "key", {
      accessToken: () => Promise.resolve("token"),
    });
    await createPipelineClient(supabase).account.delete();
    expect(asked.at(-1)).toMatchObject({ method: "DELETE", path: "/functions/v1/api/account" });
  });
});

describe("a download", () => {
  it("has the file's bytes", async () => {
    answer = ({ path }) =>
      path === "/file"
        ? new Response("abc")
        : Response.json({ url: `http://127.0.0.1:${server.addr.port}/file`, expires_at: "2026-01-01T00:00:00Z" });
    expect(await (await client().download(ID)).text()).toBe("abc");
  });

  it("fails with Storage's status", async () => {
    answer = ({ path }) =>
      path === "/file"
        ? new Response("gone", { status: 404 })
        : Response.json({ url: `http://127.0.0.1:${server.addr.port}/file`, expires_at: "2026-01-01T00:00:00Z" });
    await expect(client().download(ID)).rejects.toMatchObject({ code: "unexpected_answer", status: 404 });
  });
});
