import { z } from "zod";
import { sha256Hex } from "../_shared/hash.ts";

/**
 * The event and the job that a callback names. Nothing else in it is trusted.
 */
export interface WebhookEvent {
  id: string;
  type: string;
  providerJobId: string | null;
}

// Postgres text accepts neither NUL nor a lone surrogate.
const shortText = z.string().min(1).max(200).transform((text) => text.replaceAll("\0", "\ufffd").toWellFormed());
const idText = z.union([shortText, z.int().transform(String)]);

/** The fields that are read, of all shapes, current and legacy; all others are dropped. */
export const callbackBody = z.object({
  event_id: idText.nullish(),
  event_type: shortText.nullish(),
  job_id: idText.nullish(),
  status: shortText.nullish(),
  data: z.object({ id: idText.nullish(), job_id: idText.nullish() }).nullish(),
});

/**
 * Reads a verified callback; null when it is none.
 *
 * Current bodies name their event. Legacy ones contain the parsed content instead, without an event id and with at most
 * a status; they are read only at a job's own URL. The digest of the bytes replaces the id. A header may name the event
 * too, but is not signed: it is bound to the digest, so that a replayed body cannot take the id of a future callback.
 * @param jobId the job of the URL; null at the general one
 */
export async function readEvent(
  raw: Uint8Array<ArrayBuffer>,
  headers: { id?: string; type?: string },
  jobId: string | null,
): Promise<WebhookEvent | null> {
  const parsed = callbackBody.safeParse(parseJson(raw));
  if (!parsed.success) return null;
  const body = parsed.data;
  const type = body.event_type ?? short(headers.type) ??
    (jobId ? typeOfStatus(body.status) : undefined);
  if (!type) return null;
  return {
    id: body.event_id ?? await digestOf(raw, jobId, short(headers.id)),
    type,
    providerJobId: body.data?.job_id ?? body.data?.id ?? body.job_id ?? null,
  };
}

/** Without `webhook_output_format: "json"` LlamaParse encodes its JSON once more, as a JSON string. */
function parseJson(raw: Uint8Array): unknown {
  try {
    const value = JSON.parse(
      new TextDecoder("utf-8", { fatal: true }).decode(raw),
    );
    return typeof value === "string" ? JSON.parse(value) : value;
  } catch {
    return undefined;
  }
}

function short(header: string | undefined): string | undefined {
  return shortText.safeParse(header).data;
}

/** A legacy callback comes when parsing has ended; one without a status came with its result. */
function typeOfStatus(status: string | null | undefined): string {
  switch (status?.toUpperCase()) {
    case "ERROR":
    case "FAILED":
      return "parse.error";
    case "CANCELLED":
    case "CANCELED":
      return "parse.cancelled";
    case "PARTIAL_SUCCESS":
      return "parse.partial_success";
    default:
      return "parse.success";
  }
}

/** Two jobs may have the same content; the digest alone would make one's callback a duplicate of the other's. */
async function digestOf(
  raw: Uint8Array,
  jobId: string | null,
  named: string | undefined,
): Promise<string> {
  const bytes = new TextEncoder();
  return [
    ...jobId ? [jobId] : [],
    `sha256:${await sha256Hex(raw)}`,
    // The header's digest, since the header may be as long as the limit of 200 characters.
    ...named ? [await sha256Hex(bytes.encode(named))] : [],
  ].join(":");
}
