import type postgres from "postgres";
import { hmacHex } from "../../../../supabase/functions/_shared/signature.ts";
import { LOCAL_KEYS } from "../../../platform/stack/keys.ts";
import type { Stack } from "../../../platform/stack/stack.ts";
import { type Owner, registration, registrationHeaders, userHeaders } from "./owners.ts";
import { createParses, removeParses } from "./parses.ts";
import type { Ready } from "./timing.ts";

export type CompetitorName =
  | "baseline"
  | "status"
  | "bare status"
  | "upload"
  | "bare upload"
  | "signature"
  | "health"
  | "webhook"
  | "bare webhook";

/** The route's database statements and Storage requests alone. */
export function isBare(name: CompetitorName): boolean {
  return name.startsWith("bare ");
}

/** A route whose requests are timed, or the baseline. */
export interface Competitor {
  name: CompetitorName;
  route: string;
  /** Prepares this many requests for one turn, with everything that they need. */
  prepare(count: number): Promise<Ready[]>;
  /** Removes a turn's data that would affect other competitors. */
  clear?(): Promise<void>;
}

/** @param owners send requests in turn, so that none of them reaches a limit */
export function createCompetitors(
  stack: Stack,
  admin: postgres.Sql,
  owners: Owner[],
): Competitor[] {
  const functions = `${stack.url}/functions/v1`;
  let turn = 0;
  const nextOwner = () => owners[turn++ % owners.length];
  /** Callbacks for a turn, each for another document that is being parsed. */
  const callbacks = async (count: number, path: string) => {
    const ids = await createParses(admin, count);
    return await make(count, (i) => {
      const body = callback(ids[i]);
      return post(`${functions}${path}`, callbackHeaders(body), body);
    });
  };

  return [
    {
      name: "baseline",
      route: "a function that does one `select`",
      prepare: (count) => make(count, () => get(`${functions}/select`)),
    },
    {
      name: "status",
      route: "`GET /api/documents/{document_id}/status`",
      prepare: (count) =>
        make(count, () => {
          const { token, documentId } = nextOwner();
          return get(
            `${functions}/api/documents/${documentId}/status`,
            userHeaders(stack, token),
          );
        }),
    },
    {
      name: "bare status",
      route: "its statement only",
      prepare: (count) =>
        make(count, () => {
          const { userId, documentId } = nextOwner();
          return get(`${functions}/bare/status/${userId}/${documentId}`);
        }),
    },
    {
      name: "upload",
      route: "`POST /api/upload-document-backend`",
      prepare: (count) =>
        make(count, async () =>
          post(
            `${functions}/api/upload-document-backend`,
            registrationHeaders(stack, nextOwner().token),
            await registration(),
          )),
    },
    {
      name: "bare upload",
      route: "its statement and Storage's signature only",
      prepare: (count) =>
        make(count, async () =>
          post(
            `${functions}/bare/upload/${nextOwner().userId}`,
            { "content-type": "application/json" },
            await registration(),
          )),
    },
    {
      // The Storage part of an upload alone.
      name: "signature",
      route: "`POST /storage/v1/object/upload/sign/files/…`",
      prepare: (count) =>
        make(count, () =>
          post(
            `${stack.url}/storage/v1/object/upload/sign/files/user/x/raw/${crypto.randomUUID()}.pdf`,
            { ...userHeaders(stack, stack.serviceRoleKey), "x-upsert": "true" },
            "",
          )),
    },
    {
      name: "health",
      route: "`GET /api/health`",
      prepare: (count) => make(count, () => get(`${functions}/api/health`)),
    },
    {
      name: "webhook",
      route: "`POST /webhook/llamaparse`",
      prepare: (count) => callbacks(count, "/webhook/llamaparse"),
      clear: () => removeParses(admin),
    },
    {
      name: "bare webhook",
      route: "its statement only",
      prepare: (count) => callbacks(count, "/bare/webhook"),
      clear: () => removeParses(admin),
    },
  ];
}

function make(
  count: number,
  one: (index: number) => Ready | Promise<Ready>,
): Promise<Ready[]> {
  return Promise.all(Array.from({ length: count }, (_, i) => one(i)));
}

function get(url: string, headers: Record<string, string> = {}): Ready {
  return { url, init: { method: "GET", headers } };
}

function post(
  url: string,
  headers: Record<string, string>,
  body: string,
): Ready {
  return { url, init: { method: "POST", headers, body } };
}

/** LlamaParse's callback after parsing a document. */
function callback(providerJobId: string): string {
  return JSON.stringify({
    event_id: crypto.randomUUID(),
    event_type: "parse.success",
    timestamp: Date.now() / 1000,
    data: { id: providerJobId, job_id: providerJobId },
  });
}

function callbackHeaders(body: string) {
  const signature = hmacHex(LOCAL_KEYS.webhookSigningSecret, body);
  return {
    "content-type": "application/json",
    "lc-signature": `sha256=${signature}`,
  };
}
