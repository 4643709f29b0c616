import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { decode, encode, encodeBroadcast, type Version } from "../../../scripts/platform/stack/realtime/frames.ts";

/** A row of `document_status`, as the Data API sends it. */
export interface FakeRow {
  document_id: string;
  status: string;
  state: string;
  total_pct: number;
  updated_at: string;
  [column: string]: unknown;
}

/** A project's Data API and Realtime on loopback, whose rows and messages a test writes. */
export class FakeLiveProject {
  readonly rows = new Map<string, FakeRow>();
  readonly events: { event_no: number; document_ids: string[] }[] = [];
  /** Paths that were asked for, with their queries; joins as `join <topic>`. */
  readonly requests: string[] = [];
  /** Why joins are refused, if they are. */
  refusal: string | undefined;
  /** Whether the Data API exposes the schema. */
  isExposed = true;
  /** The answer of every request of the Data API, in place of its own. */
  failure: (() => Response) | undefined;

  readonly #end = new AbortController();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #sockets = new Map<WebSocket, { topic: string; joinRef: string | null }[]>();
  readonly #clients: SupabaseClient[] = [];
  #clock = Date.parse("2026-11-01T10:00:00Z");

  constructor() {
    const options = { hostname: "127.0.0.1", port: 0, signal: this.#end.signal, onListen() {} };
    this.#server = Deno.serve(options, (request) => this.#answer(request));
  }

  /** A client whose session is this user's. */
  client(user: () => string | null = () => "ann"): SupabaseClient {
    const client = createClient(`http://127.0.0.1:${this.#server.addr.port}`, "sb_publishable_key", {
      accessToken: () => {
        const id = user();
        return Promise.resolve(id && `h.${btoa(JSON.stringify({ sub: id }))}.s`);
      },
    });
    this.#clients.push(client);
    return client;
  }

  /** Changes documents in one transaction. */
  move(...changes: { id: string; status: string; state?: string; [column: string]: unknown }[]): number {
    const event_no = (this.events[this.events.length - 1]?.event_no ?? 0) + 1;
    this.#clock += 1000;
    for (const { id, status, state = "working", ...columns } of changes) {
      const before = this.rows.get(id) ?? emptyRow(id, this.#clock);
      if (status === "deleted") this.rows.delete(id);
      else this.rows.set(id, { ...before, status, state, ...columns, updated_at: new Date(this.#clock).toISOString() });
    }
    this.events.push({ event_no, document_ids: changes.map(({ id }) => id) });
    return event_no;
  }

  /** The message about an event, as the database writes it. */
  messageOf(event_no: number): Record<string, unknown> {
    const { document_ids } = this.events.find((event) => event.event_no === event_no)!;
    const [last, ...more] = document_ids.map((id) => {
      const row = this.rows.get(id);
      if (!row) return { event_no, document_id: id, status: "deleted" };
      const { status, state, stage_pct, total_pct } = row;
      return { event_no, document_id: id, status, state, progress: { stage_pct, total_pct } };
    }).reverse();
    return { ...last, ...(more.length > 0 && { more }) };
  }

  broadcast(payload: unknown, event = "document.status"): void {
    for (const [socket, joined] of this.#sockets) {
      for (const { topic } of joined) {
        socket.send(encodeBroadcast(topic, { event, payload: JSON.stringify(payload) }, "2.0.0")!);
      }
    }
  }

  /** Changes documents and broadcasts it. */
  send(...changes: Parameters<FakeLiveProject["move"]>): void {
    this.broadcast(this.messageOf(this.move(...changes)));
  }

  /** Ends the joined channels as the server does with an expired token. */
  shutDown(message: string): void {
    for (const [socket, joined] of this.#sockets) {
      for (const { topic, joinRef } of joined.splice(0)) {
        const push = (event: string, payload: unknown) =>
          socket.send(encode({ joinRef, ref: null, topic, event, payload }, "2.0.0"));
        push("system", { status: "error", message });
        push("phx_close", {});
      }
    }
  }

  get joins(): number {
    return this.requests.filter((request) => request.startsWith("join ")).length;
  }

  get reads(): string[] {
    return this.requests.filter((request) => request.startsWith("/rest/"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) {
      await client.removeAllChannels();
      await client.realtime.disconnect();
    }
    this.#end.abort();
    await this.#server.finished;
  }

  #answer(request: Request): Response {
    const { pathname, search, searchParams } = new URL(request.url);
    if (pathname === "/realtime/v1/websocket") return this.#connect(request);
    this.requests.push(pathname + search);
    if (pathname.startsWith("/functions/v1/api/documents")) return this.#api(pathname);
    if (this.failure) return this.failure();
    if (!this.isExposed) return Response.json({ code: "PGRST106", message: "Invalid schema" }, { status: 406 });
    return Response.json(
      pathname.endsWith("/live_events") ? this.#readEvents(searchParams) : this.#readRows(searchParams),
    );
  }

  #readEvents(query: URLSearchParams) {
    const from = Number(query.get("event_no")?.replace("gte.", "") ?? 0);
    const found = this.events.filter(({ event_no }) => event_no >= from);
    return query.get("order")?.endsWith(".desc") ? found.reverse().slice(0, 1) : found;
  }

  #readRows(query: URLSearchParams) {
    const rows = [...this.rows.values()].sort((a, b) => a.updated_at < b.updated_at ? -1 : 1);
    const ids = query.get("document_id")?.slice("in.(".length, -1).split(",");
    if (ids) return rows.filter(({ document_id }) => ids.includes(document_id));
    if (query.get("order")?.startsWith("updated_at.desc")) return rows.slice(-1);
    const from = query.get("updated_at")?.replace("gte.", "") ?? "";
    return Number(query.get("offset") ?? 0) > 0 ? [] : rows.filter(({ updated_at }) => updated_at >= from);
  }

  #api(pathname: string): Response {
    const statuses = [...this.rows.values()].map(({ stage_pct, total_pct, ...row }) => ({
      ...row,
      progress: { stage_pct, total_pct },
    })) as unknown as FakeRow[];
    const id = /documents\/([^/]+)\/status$/.exec(pathname)?.[1];
    if (!id) {
      return Response.json({ documents: statuses.reverse(), next_cursor: null });
    }
    const found = statuses.find(({ document_id }) => document_id === id);
    if (found) return Response.json(found);
    return Response.json({ error: { code: "document_not_found", message: "No." } }, { status: 404 });
  }

  #connect(request: Request): Response {
    const { socket, response } = Deno.upgradeWebSocket(request);
    const version = new URL(request.url).searchParams.get("vsn") as Version;
    const joined: { topic: string; joinRef: string | null }[] = [];
    socket.onopen = () => this.#sockets.set(socket, joined);
    socket.onclose = () => this.#sockets.delete(socket);
    socket.onmessage = ({ data }) => {
      const { topic, event, ref, joinRef } = decode(data, version);
      if (event === "phx_join") this.requests.push(`join ${topic}`);
      const refused = event === "phx_join" && this.refusal !== undefined;
      if (event === "phx_join" && !refused) joined.push({ topic, joinRef });
      if (event === "phx_leave") joined.splice(0, joined.length, ...joined.filter((other) => other.topic !== topic));
      const payload = refused
        ? { status: "error", response: { reason: this.refusal } }
        : { status: "ok", response: {} };
      socket.send(encode({ topic, event: "phx_reply", ref, joinRef, payload }, version));
    };
    return response;
  }
}

function emptyRow(id: string, now: number): FakeRow {
  return {
    document_id: id,
    job_id: `job of ${id}`,
    filename: `${id}.pdf`,
    filename_full: `${id}.pdf`,
    status: "uploaded",
    state: "queued",
    stage_pct: 0,
    total_pct: 0,
    created_at: new Date(now).toISOString(),
    updated_at: new Date(now).toISOString(),
    bytes_len: 3,
    mime: "application/pdf",
    policy_id: null,
    next_attempt_at: null,
    queue_position: null,
    waiting_for: null,
    last_error: null,
    warnings: [],
    title: null,
  };
}
