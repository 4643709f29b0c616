import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createLlamaParse } from "./_providers/llamaparse.ts";
import { createEmbedder } from "./_providers/openai.ts";
import { createStorage } from "./_providers/storage.ts";
import { createAccounts } from "./api/accounts.ts";
import { createAuthenticate } from "./api/auth.ts";

const KEY = "a-key-for-the-configured-host-alone";
type Server = Deno.HttpServer<Deno.NetAddr>;

let configured: Server;
let elsewhere: Server;
let asked: string[];
let arrived: string[];
let status: number;

beforeAll(() => {
  const options = { hostname: "127.0.0.1", port: 0, onListen() {} };
  elsewhere = Deno.serve(options, (request) => {
    arrived.push(new URL(request.url).pathname);
    return Response.json({ id: "somebody", keys: [] });
  });
  configured = Deno.serve(options, async (request) => {
    asked.push(new URL(request.url).pathname);
    await request.body?.cancel();
    const { pathname } = new URL(request.url);
    const location = `http://127.0.0.1:${elsewhere.addr.port}${pathname}`;
    return new Response(null, { status, headers: { location } });
  });
});
beforeEach(() => {
  asked = [];
  arrived = [];
});
afterAll(async () => {
  await configured.shutdown();
  await elsewhere.shutdown();
});

/** Each call that the functions make, at the configured address. */
function calls(url: string): Record<string, () => Promise<unknown>> {
  const llamaparse = createLlamaParse({
    apiKey: KEY,
    apiUrl: url,
    tier: "cost_effective",
  });
  const storage = createStorage({ url, serviceRoleKey: KEY });
  const accounts = createAccounts({
    supabaseUrl: url,
    anonKey: KEY,
    serviceRoleKey: KEY,
  });
  const embedder = createEmbedder({ apiKey: KEY, apiUrl: `${url}/v1` });
  const authenticate = createAuthenticate({ supabaseUrl: url, anonKey: KEY });
  const bytes = new Uint8Array(10);
  return {
    "LlamaParse, submit": () =>
      llamaparse.submit({
        bytes,
        filename: "a",
        mime: "application/pdf",
        submissionId: "s",
        maxPages: 1,
        pages: null,
        ocr: false,
        ocrLanguages: [],
        maxFailedPageRatio: 1,
      }),
    "LlamaParse, find": () => llamaparse.find("s", new Date()),
    "LlamaParse, result": () => llamaparse.result("j"),
    "OpenAI, embed": () => embedder.embed(["a text"]),
    "Storage, sign an upload": () => storage.signUpload("a"),
    "Storage, put": () => storage.put("a", bytes, "text/markdown"),
    "Storage, get": () => storage.get("a"),
    "Storage, sign a download": () => storage.signDownload("a", "a", 60),
    "Storage, remove": () => storage.remove(["a"]),
    "Storage, check": () => storage.check(),
    "Auth, sign in": () => accounts.signIn("a@example.test", "password", null),
    "Auth, about a token": () => authenticate(`Bearer ${token("HS256")}`),
    "Auth, its keys": () => authenticate(`Bearer ${token("ES256")}`),
  };
}

/** An unsigned token: Auth is asked to verify it all the same. */
function token(alg: string): string {
  const encode = (value: unknown) => btoa(JSON.stringify(value)).replace(/=+$/, "");
  return `${encode({ alg, kid: "k" })}.${encode({ role: "authenticated" })}.${encode("x")}`;
}

describe("no client follows a redirect", () => {
  for (const code of [301, 302, 303, 307, 308]) {
    it.each(Object.keys(calls("http://127.0.0.1")))(
      `${code}: %s`,
      async (name) => {
        status = code;
        const call = calls(`http://127.0.0.1:${configured.addr.port}`)[name];
        await expect(call()).rejects.toThrow();
        expect(asked.length).toBeGreaterThan(0);
        expect(arrived).toEqual([]);
      },
    );
  }
});
