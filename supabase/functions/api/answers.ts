import { z } from "zod";
import { NOTICES, SEARCH_REASONS, type WarningCode, WARNINGS } from "../_shared/error_codes.ts";
import { STATES, STATUSES } from "./vocabulary.ts";

/*
 * The API's responses, for its OpenAPI document and for the types of the code
 * that creates them. Times are `Date`s here, and ISO 8601 in UTC on the wire.
 * `ref` names the schema within the document.
 */

/** Codes with what they mean, for a description. */
function sentencesOf(meanings: Record<string, string>): string {
  return `${Object.entries(meanings).map(([code, meaning]) => `${code}: ${meaning}`).join("; ")}.`;
}

const percent = z.int().min(0).max(100);
const progress = z.object({ stage_pct: percent, total_pct: percent });

const lastError = z.object({
  code: z.string(),
  message: z.string(),
  reference: z.string().optional().meta({
    description: "The id of the failure event, by which operators find the history.",
  }),
}).meta({ ref: "LastError" });

const WARNING_CODES = Object.keys(WARNINGS) as WarningCode[];

const warnings = z.array(
  z.object({
    code: z.enum(WARNING_CODES),
    message: z.string(),
    pages: z.array(z.int().min(1)).optional(),
  }).meta({ ref: "Warning" }),
).meta({
  description: "Parts of a complete document whose text is missing; empty if none " +
    "is. PAGES_UNREAD: the parser failed on these pages; PAGES_EMPTY: it " +
    "found no text on them; PAGES_CUT: they have more text than it " +
    "returns.",
});

export const errorAnswer = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    request_id: z.string(),
    details: z.unknown().optional(),
  }),
}).meta({ ref: "Error" });

export const duplicateAnswer = errorAnswer.extend({
  error_type: z.enum(["duplicate_document", "document_refused"]),
  message: z.string(),
  document_id: z.guid(),
  document_title: z.string(),
  last_uploaded: z.date(),
}).meta({ ref: "DuplicateDocument" });

export const uploadAnswer = z.object({
  job_id: z.guid(),
  document_id: z.guid(),
  signed_url: z.string().nullable().meta({
    description: "Where to PUT the bytes; null if they came with the request.",
  }),
  upload_expires_at: z.iso.datetime(),
}).meta({ ref: "Upload" });

const batchResult = z.union([
  uploadAnswer.extend({ index: z.int().min(0), ok: z.literal(true) }),
  z.object({
    index: z.int().min(0),
    ok: z.literal(false),
    error: z.object({
      code: z.string(),
      message: z.string(),
      details: z.unknown().optional(),
    }),
  }),
]).meta({ ref: "BatchResult" });

export const batchAnswer = z.object({ documents: z.array(batchResult) })
  .meta({ ref: "Batch" });

export const limitsAnswer = z.object({
  max_file_bytes: z.int(),
  max_pages: z.int(),
  active_documents_per_user: z.int(),
  uploads_per_user_per_day: z.int(),
  pages_per_user_per_day: z.int(),
  documents_per_user: z.int(),
  bytes_per_user: z.int(),
  status_polls_per_minute: z.int(),
  requests_per_user_per_hour: z.int(),
  upload_url_seconds: z.int(),
  allowed_mime_types: z.array(z.string()),
  required_consent_version: z.string().nullable().meta({
    description: "The version of the terms that users must have agreed to before " +
      "they register documents. Null: none is required.",
  }),
  monthly_budget: z.object({
    monthly_cents: z.number(),
    spent_cents: z.number(),
    reserved_cents: z.number(),
    resets_at: z.date(),
  }).nullable(),
  used: z.object({
    documents: z.int(),
    bytes: z.int(),
    uploads_today: z.int(),
    pages_today: z.int(),
  }).meta({ description: "The user's usage of these limits." }),
}).meta({ ref: "Limits" });

export const documentAnswer = z.object({
  document_id: z.guid(),
  job_id: z.guid().meta({ description: "For `POST /api/jobs/{job_id}/retry`." }),
  filename: z.string().meta({ description: "At most 120 characters." }),
  filename_full: z.string().meta({
    description: "The name that the user gave, for display.",
  }),
  status: z.enum(STATUSES),
  state: z.enum(STATES),
  progress,
  created_at: z.date(),
  updated_at: z.date(),
  bytes_len: z.int(),
  mime: z.string(),
  policy_id: z.string().optional().meta({
    description: "The reference that was sent with the document.",
  }),
  next_attempt_at: z.date().optional(),
  queue_position: z.int().min(1).optional().meta({
    description: "The position in the user queue; 1 is next.",
  }),
  waiting_for: z.string().optional().meta({
    description: "The code of the reason why it waits, if not for a worker.",
  }),
  last_error: lastError.optional(),
  warnings,
  title: z.string().optional().meta({
    description: "The title in the document itself, if it has one.",
  }),
}).meta({ ref: "Document" });

export const reparseAnswer = z.object({
  document_id: z.guid(),
  job_id: z.guid(),
  status: z.enum(STATUSES),
  pages: z.array(z.int().min(1)).nullable().meta({
    description: "The pages to parse again; null for all of them.",
  }),
}).meta({ ref: "Reparse" });

export const documentPage = z.object({
  documents: z.array(documentAnswer),
  next_cursor: z.string().nullable(),
}).meta({ ref: "DocumentPage" });

export const downloadAnswer = z.object({
  url: z.url(),
  expires_at: z.date(),
}).meta({ ref: "Download" });

export const jobAnswer = z.object({
  job_id: z.guid(),
  status: z.enum(STATUSES),
  state: z.enum(STATES),
  retry_count: z.int().min(0),
  progress,
  cost_cents: z.number().min(0),
  document_id: z.guid(),
  last_error: lastError.nullable(),
  warnings,
  updated_at: z.date(),
}).meta({ ref: "Job" });

export const jobPage = z.object({
  jobs: z.array(jobAnswer),
  total: z.int().min(0),
}).meta({ ref: "JobPage" });

const page = z.int().nullable();
const range = z.object({ start: z.int().min(0), end: z.int().min(0) })
  .meta({ ref: "Range" });
const rank = z.int().min(1).nullable();

const duplicate = z.object({
  chunk_id: z.guid(),
  document_id: z.guid(),
  filename: z.string(),
  page,
}).meta({ ref: "DuplicatePassage" });

const neighbour = z.object({
  chunk_id: z.guid(),
  chunk_ord: z.int().min(0),
  page,
  heading_path: z.array(z.string()),
  content: z.string(),
}).meta({ ref: "NeighbouringPassage" });

const explanation = z.object({
  words: z.object({
    score: z.number().nullable(),
    rank,
    weight: z.number(),
    terms: z.array(z.object({
      word: z.string(),
      role: z.enum(["wanted", "required", "excluded"]),
      chunk_count: z.int().optional().meta({
        description: "How many of the user's passages contain the word.",
      }),
      weight: z.number().optional(),
      taken_for: z.string().optional(),
      found: z.enum(["exactly", "in part", "no"]),
    })),
  }),
  meaning: z.object({
    score: z.number().nullable(),
    similarity: z.number().nullable(),
    rank,
    weight: z.number(),
  }),
}).meta({ ref: "SearchExplanation" });

const passage = z.object({
  chunk_id: z.guid(),
  document_id: z.guid(),
  filename: z.string(),
  page: page.meta({
    description: "The page of the passage that matched; null if the parser numbered " +
      "no pages.",
  }),
  page_from: page,
  page_to: page,
  heading_path: z.array(z.string()),
  content: z.string(),
  highlights: z.array(range).meta({
    description: "The offsets of the question's words in `content`, in UTF-16 units " +
      "as JavaScript counts them.",
  }),
  score: z.number().min(0).max(1).meta({
    description: "Relevance: near 0 for a passage that has nothing to do with the " +
      "question, near 1 for one that contains it word for word.",
  }),
  similarity: z.number().nullable().meta({
    description: "The cosine of the passage's vector and the question's; null if " +
      "meaning was not compared.",
  }),
  text_score: z.number().nullable().meta({
    description: "The share of the question's words in the passage, 0 to 1; null if " +
      "words were not compared.",
  }),
  vector_rank: rank.meta({ description: "Rank by meaning." }),
  text_rank: rank.meta({ description: "Rank by words." }),
  chunk_ord: z.int().min(0).meta({ description: "Position in the document." }),
  duplicates: z.array(duplicate).optional().meta({
    description: "Other places of the same text.",
  }),
  neighbours: z.array(neighbour).optional().meta({
    description: "The passages before and after it, as `expand` requested.",
  }),
  explanation: explanation.optional().meta({
    description: "How the score was computed, as `explain` requested.",
  }),
}).meta({ ref: "Passage" });

export const searchAnswer = z.object({
  query: z.string(),
  mode: z.enum(["hybrid", "vector", "text"]).meta({
    description: "The mode in which the search was actually done.",
  }),
  degraded: z.literal(true).optional().meta({
    description: "The question could not be embedded; only words were compared.",
  }),
  results: z.array(passage),
  next_cursor: z.string().nullable(),
  notices: z.array(
    z.looseObject({
      code: z.string(),
      message: z.string(),
      word: z.string().optional().meta({ description: "For SPELLING_CORRECTED: the word that was written." }),
      taken_for: z.string().optional().meta({ description: "For SPELLING_CORRECTED: the word that was searched." }),
      words: z.array(z.string()).optional().meta({ description: "For WORDS_LEFT_OUT." }),
    }).meta({ ref: "SearchNotice" }),
  ).meta({
    description: `How the question was interpreted. ${sentencesOf(NOTICES)}`,
  }),
  explained: z.object({
    chunk_id: z.guid(),
    found: z.boolean().meta({
      description: "Whether the passage is on this page.",
    }),
    reason: z.string().meta({
      description: sentencesOf(SEARCH_REASONS),
    }),
    message: z.string(),
    score: z.number().nullable().optional(),
    place: z.int().nullable().optional().meta({
      description: "The rank among all results, from 1.",
    }),
    same_as: z.guid().optional().meta({
      description: "The passage with the same text that is shown instead.",
    }),
    explanation: explanation.optional(),
  }).optional().meta({
    ref: "ExplainedPassage",
    description: "Why the search found, or did not find, the passage that `explain` " +
      "names.",
  }),
  took_ms: z.int().min(0),
}).meta({ ref: "SearchResult" });

/** Auth's own shape, of which only this much is guaranteed. */
const user = z.looseObject({ id: z.guid(), email: z.string().optional() })
  .meta({ ref: "User" });

export const userAnswer = z.object({ user });

export const sessionAnswer = z.object({
  access_token: z.string(),
  refresh_token: z.string(),
  token_type: z.string(),
  expires_in: z.number().meta({ description: "Seconds." }),
  user,
}).meta({ ref: "Session" });

export const consentAnswer = z.object({
  consent_version: z.string(),
  consented_at: z.date().meta({ description: "The server's time." }),
}).meta({ ref: "Consent" });

export const signupAnswer = sessionAnswer.partial().extend({
  user,
  confirmation_required: z.boolean().meta({
    description: "The address must be confirmed first; there is no session.",
  }),
}).meta({ ref: "SignedUp" });

const build = z.string().nullable().meta({
  description: "The digest of the sources that the function was built from; null where it runs from the sources.",
});

export const aliveAnswer = z.object({
  status: z.literal("alive"),
  version: z.string(),
  build,
}).meta({ ref: "Alive" });

const exportedText = z.string().nullable();

/** A line of an export. The events and chunks of a document follow its line. */
export const exportLine = z.union([
  z.object({
    type: z.literal("account"),
    user,
    consent: consentAnswer.nullable(),
    exported_at: z.date(),
  }),
  z.object({
    type: z.literal("row"),
    table: z.string().meta({
      description:
        "audit_log, operator_acts, charges, costs, budgets, reservations, idempotency_keys, questions, live_events, rate_limits, webhooks or sessions.",
    }),
    data: z.looseObject({}),
  }).meta({
    description: "A row of another table with the user's id; such rows precede the " +
      "first document.",
  }),
  z.object({
    type: z.literal("document"),
    document_id: z.guid(),
    filename: z.string(),
    filename_full: z.string(),
    policy_id: exportedText,
    mime: z.string(),
    bytes_len: z.int(),
    file_sha256: z.string(),
    page_count: z.int().nullable(),
    title: exportedText,
    language: exportedText,
    warnings,
    created_at: z.date(),
    updated_at: z.date(),
    job: z.object({
      job_id: z.guid(),
      status: z.enum(STATUSES),
      state: z.enum(STATES),
      retry_count: z.int(),
      ocr: z.boolean(),
      last_error: lastError.nullable(),
      created_at: z.date(),
      updated_at: z.date(),
    }),
    files: z.object({
      original: exportedText,
      markdown: exportedText,
      expires_at: z.date(),
    }).meta({ description: "Links; null where there is no file." }),
  }),
  z.object({
    type: z.literal("event"),
    document_id: z.guid(),
    event_id: z.guid(),
    event: z.string(),
    status: z.string(),
    stage: exportedText,
    code: exportedText,
    message: exportedText,
    attempt: z.int().nullable(),
    created_at: z.date(),
  }),
  z.object({
    type: z.literal("chunk"),
    document_id: z.guid(),
    chunk_id: z.guid(),
    ord: z.int(),
    page_from: z.int().nullable(),
    page_to: z.int().nullable(),
    heading_path: z.array(z.string()),
    text: z.string(),
  }),
  z.object({
    type: z.literal("end"),
    next_after: z.guid().nullable().meta({
      description: "If not null, request the rest with `?after=` and this id.",
    }),
  }),
]).meta({ ref: "ExportLine" });

const healthPart = z.object({
  status: z.enum(["ok", "degraded", "unavailable"]),
  latency_ms: z.int().optional(),
  oldest_message_seconds: z.number().nullable().optional().meta({
    description: "This and the next two fields only for callers with METRICS_SECRET " +
      "as their bearer token.",
  }),
  waiting_messages: z.int().optional().meta({
    description: "Counted up to 1,000 per stage.",
  }),
  dead_letter_jobs: z.int().optional().meta({
    description: "Counted up to 1,000.",
  }),
  open_circuits: z.array(z.string()).optional(),
}).meta({ ref: "HealthPart" });

export const healthAnswer = z.object({
  status: z.enum(["ok", "degraded"]),
  version: z.string(),
  build,
  migration: z.string().nullable(),
  parts: z.record(z.string(), healthPart),
}).meta({ ref: "Health" });

export const unhealthyAnswer = errorAnswer.extend({
  ...healthAnswer.shape,
  status: z.literal("unavailable"),
}).meta({ ref: "Unhealthy" });
