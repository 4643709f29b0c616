import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { createPipelineClient, type PipelineClient } from "../index.ts";
import type { UploadWays } from "../send_file.ts";

/** A request that reached the project. */
export interface ProjectRequest {
  route: Route;
  userId: string | null;
  /** Of registrations, what was announced. */
  announced: { filename: string; sha256: string; bytes_len: number }[];
  body: string;
}

export type Route = "register" | "put" | "remove" | "limits" | "refresh" | "other";

interface StoredDocument {
  userId: string;
  sha256: string;
  /** Null until they arrive. */
  bytes: Uint8Array | null;
}

/**
 * A project on loopback that registers and stores as the real one does, for the uploads of a client that it creates. A
 * test may replace its next answers, delay them, and end sessions.
 */
export class FakeProject {
  readonly requests: ProjectRequest[] = [];
  readonly documents = new Map<string, StoredDocument>();
  maxFileBytes = 25 * 1024 * 1024;
  /** How many documents may be registered. */
  uploadsPerDay = Infinity;
  /** Whether supabase-js reaches it. */
  isReachable = true;

  readonly #end = new AbortController();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #next = new Map<Route, ((request: Request) => Response | Promise<Response> | null)[]>();
  readonly #tokens = new Map<string, string>();
  readonly #clients: SupabaseClient[] = [];
  #tokenCount = 0;

  constructor() {
    const { signal } = this.#end;
    const options = { hostname: "127.0.0.1", port: 0, signal, onListen() {} };
    this.#server = Deno.serve(options, (request) => this.#answer(request));
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** A client without a session. */
  supabase(): SupabaseClient {
    const client = createClient(this.url, "sb_publishable_key", {
      auth: { persistSession: false, autoRefreshToken: false, storageKey: crypto.randomUUID() },
      global: {
        fetch: (input, init) =>
          this.isReachable ? fetch(input, init) : Promise.reject(new TypeError("Failed to fetch")),
      },
    });
    this.#clients.push(client);
    return client;
  }

  /** A client, and supabase-js's, signed in as this user. */
  async signIn(
    userId = "user-1",
    ways: UploadWays = {},
  ): Promise<{ supabase: SupabaseClient; client: PipelineClient }> {
    const supabase = this.supabase();
    await signIn(supabase, userId);
    return { supabase, client: createPipelineClient(supabase, ways) };
  }

  /** Ends all sessions, so that neither their tokens nor their refresh tokens are accepted. */
  endSessions(): void {
    this.#tokens.clear();
  }

  /** The answer to the next request of this route, after those given before; null for the usual one. */
  next(route: Route, answer: (request: Request) => Response | Promise<Response> | null): void {
    this.#next.set(route, [...this.#next.get(route) ?? [], answer]);
  }

  countOf(route: Route): number {
    return this.requests.filter((request) => request.route === route).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) await client.auth.dispose?.();
    // Whatever a test has left unanswered.
    this.#end.abort();
    await this.#server.finished;
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const route = routeOf(request.method, pathname, searchParams);
    const bytes = new Uint8Array(await request.arrayBuffer());
    const body = route === "put" ? "" : new TextDecoder().decode(bytes);
    const userId = this.#tokens.get((request.headers.get("authorization") ?? "").replace("Bearer ", "")) ?? null;
    const json = route === "register" ? JSON.parse(body) : {};
    this.requests.push({ route, userId, body, announced: json.documents ?? (route === "register" ? [json] : []) });

    const given = await this.#next.get(route)?.shift()?.(request);
    if (given) return given;
    if (pathname === "/auth/v1/token") return this.#session(searchParams, body);
    if (route === "put") return this.#store(pathname, bytes);
    if (pathname.startsWith("/auth/v1/")) return new Response(null, { status: 204 });
    if (userId === null) return refused(401, "unauthorized");
    switch (route) {
      case "register":
        return json.documents ? this.#registerAll(userId, json.documents) : this.#register(userId, json);
      case "remove": {
        const id = decodeURIComponent(pathname.split("/").at(-1)!);
        if (this.documents.get(id)?.userId !== userId) return refused(404, "document_not_found");
        this.documents.delete(id);
        return new Response(null, { status: 204 });
      }
      case "limits":
        return Response.json({ max_file_bytes: this.maxFileBytes });
      default:
        return refused(404, "not_found");
    }
  }

  #session(params: URLSearchParams, body: string): Response {
    const { email, refresh_token } = JSON.parse(body);
    const userId = params.get("grant_type") === "password" ? email.split("@")[0] : this.#tokens.get(refresh_token);
    if (!userId) {
      return Response.json({ code: "refresh_token_not_found", message: "Invalid Refresh Token" }, { status: 400 });
    }
    const access_token = this.#issue(userId);
    return Response.json({
      access_token,
      refresh_token: this.#issue(userId),
      token_type: "bearer",
      expires_in: 3600,
      user: { id: userId, aud: "authenticated" },
    });
  }

  #issue(userId: string): string {
    const token = `${btoa("{}")}.${btoa(JSON.stringify({ n: ++this.#tokenCount }))}.x`;
    this.#tokens.set(token, userId);
    return token;
  }

  #register(userId: string, announced: { sha256: string }): Response {
    const id = `${userId}:${announced.sha256}`;
    const known = this.documents.get(id);
    if (known?.bytes) return refused(409, "duplicate_document", { document_id: id });
    if (!known && this.documents.size >= this.uploadsPerDay) {
      return refused(429, "daily_limit", { headers: { "retry-after": "3600" } });
    }
    this.documents.set(id, { userId, sha256: announced.sha256, bytes: null });
    return Response.json({
      job_id: `job of ${id}`,
      document_id: id,
      signed_url: `${this.url}/put/${encodeURIComponent(id)}?token=t`,
    });
  }

  async #registerAll(userId: string, announced: { sha256: string }[]): Promise<Response> {
    const documents = await Promise.all(announced.map(async (each, index) => {
      const answer = this.#register(userId, each);
      return { ...await answer.json(), index, ok: answer.ok };
    }));
    return Response.json({ documents });
  }

  #store(pathname: string, bytes: Uint8Array): Response {
    const document = this.documents.get(decodeURIComponent(pathname.slice("/put/".length)));
    if (!document) return new Response("no such document", { status: 400 });
    document.bytes = bytes;
    return Response.json({ Key: "x" });
  }
}

export async function signIn(supabase: SupabaseClient, userId: string): Promise<void> {
  const { error } = await supabase.auth.signInWithPassword({ email: `${userId}@example.test`, password: "secret" });
  if (error) throw error;
}

/** An error as the API writes it. */
export function refused(
  status: number,
  code: string,
  { headers, ...extra }: { headers?: Record<string, string> } & Record<string, unknown> = {},
): Response {
  return Response.json({ error: { code, message: "No.", request_id: "r-1" }, ...extra }, { status, headers });
}

function routeOf(method: string, pathname: string, params: URLSearchParams): Route {
  if (pathname.endsWith("/upload-document-backend")) return "register";
  if (pathname.startsWith("/put/")) return "put";
  if (pathname.endsWith("/upload/limits")) return "limits";
  if (method === "DELETE" && pathname.includes("/api/documents/")) return "remove";
  return params.get("grant_type") === "refresh_token" ? "refresh" : "other";
}
