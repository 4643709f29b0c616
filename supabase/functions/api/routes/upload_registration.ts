import { z } from "zod";
import { announcedMime } from "../../_inspect/file_types.ts";
import type { AppContext } from "../../_shared/app_context.ts";
import { originOf } from "../../_shared/audit.ts";
import { retryAfterHeader } from "../../_shared/error_answer.ts";
import { HttpError } from "../../_shared/errors.ts";
import { fields } from "../../_shared/fields.ts";
import type { ApiDeps } from "../deps.ts";
import { filename, shortened } from "../filename.ts";
import type { FailureReason, Limits, Registration, UploadToRegister } from "../queries.ts";
import { admit } from "../rate_limit.ts";
import { expectedRawPath } from "../raw_path.ts";
import { errorForUser } from "../vocabulary.ts";

export type UploadDeps = Pick<
  ApiDeps,
  "queries" | "storage" | "authenticate" | "idempotencyKeys" | "limiter"
>;
type AwaitingBytes = Extract<Registration, { outcome: "created" | "resumed" }>;

/** A reference of the sender's own system, returned with the document. */
export const policyId = z.string().max(128).refine(
  (text) => text.isWellFormed() && !/\p{Cc}/u.test(text),
  "must have no control characters",
).meta({
  description: "A reference of your own system; the document's status and the export " +
    "return it.",
});

export const uploadRequest = fields({
  filename,
  bytes_len: z.int().positive(),
  mime: z.string().max(255).default("").meta({
    description: "The type as your system names it; optional. The file's content and " +
      "name decide its type; this counts only where they do not.",
  }),
  sha256: z.string().regex(
    /^[a-f0-9]{64}$/,
    "must be 64 lower-case hexadecimal digits",
  ),
  ocr: z.boolean().default(false),
  policy_id: policyId.optional(),
}).meta({ ref: "UploadRequest" });
export type UploadRequest = z.output<typeof uploadRequest>;

/** An upload to register, with its name and type as they will be stored. */
export interface Upload {
  /** At most 120 characters. */
  filename: string;
  /** Omitted if `filename` is the whole name. */
  filenameFull?: string;
  bytesLen: number;
  /** Canonical, `UNDETERMINED`, or a type that is not accepted (see `announcedMime`). */
  mime: string;
  sha256: string;
  ocr: boolean;
  policyId?: string;
}

/** The announcement of an upload in a request. */
export function uploadOf(request: UploadRequest): Upload {
  const filename = shortened(request.filename);
  return {
    filename,
    ...filename !== request.filename && { filenameFull: request.filename },
    bytesLen: request.bytes_len,
    mime: announcedMime(request.filename, request.mime),
    sha256: request.sha256,
    ocr: request.ocr,
    ...request.policy_id !== undefined && { policyId: request.policy_id },
  };
}

/** Where a client sends the bytes; the signed URL is null if they have arrived already. */
export interface UploadAnswer extends Record<string, unknown> {
  job_id: string;
  document_id: string;
  signed_url: string | null;
  upload_expires_at: string;
}

/**
 * Counts the request, registers an upload whose bytes are to come, and says where to send them. Storage signs the URL
 * meanwhile; the signature of a refused upload is discarded. Throws as `admit` and `register` do.
 */
export async function announce(
  c: AppContext,
  deps: UploadDeps,
  upload: Upload,
): Promise<UploadAnswer> {
  const { storage, queries } = deps;
  const expectedPath = expectedRawPath(c.var.claims.sub, upload);
  const signing = storage.signUpload(expectedPath);
  // A refusal must not wait for Storage, whose failure no longer matters then.
  signing.catch(() => {});
  const { rateLimit, registration } = await queries.countAndRegisterUpload(
    asRegistered(c, upload),
  );
  admit(c, rateLimit);
  const registered = await awaitingBytes(deps, upload, registration!);
  const { rawPath } = registered;
  const { signedUrl } = await (rawPath === expectedPath ? signing : storage.signUpload(rawPath));
  return uploadAnswer(registered, signedUrl);
}

/**
 * Registers the upload under the user's id.
 * @throws {HttpError} with the contract's code for each outcome
 */
export async function register(
  c: AppContext,
  deps: UploadDeps,
  upload: Upload,
): Promise<AwaitingBytes> {
  return await awaitingBytes(
    deps,
    upload,
    await deps.queries.registerUpload(asRegistered(c, upload)),
  );
}

function asRegistered(c: AppContext, upload: Upload): UploadToRegister {
  return { ...upload, userId: c.var.claims.sub, origin: originOf(c) };
}

async function awaitingBytes(
  { queries }: UploadDeps,
  upload: Upload,
  registration: Registration,
): Promise<AwaitingBytes> {
  switch (registration.outcome) {
    case "created":
    case "resumed":
      return registration;
    case "duplicate":
      throw duplicateDocument(registration);
    case "refused":
      throw documentRefused(
        registration.documentId,
        registration.jobId,
        registration.reason,
        registration,
      );
    case "too_large":
      throw fileTooLarge(registration.limit);
    case "unsupported_type":
      throw unsupportedType(upload.mime, await queries.limits());
    case "consent_required":
      throw consentRequired(await queries.limits());
    case "too_many_documents":
      throw quotaExceeded(
        "documents_per_user",
        registration.limit,
        `You may keep ${registration.limit} documents. Delete some first.`,
      );
    case "too_many_bytes":
      throw quotaExceeded(
        "bytes_per_user",
        registration.limit,
        `You may keep ${registration.limit} bytes, and this file does not fit beside the others. Delete some first.`,
      );
    case "daily_limit":
      throw dailyLimit(registration);
    case "budget_spent":
      throw budgetSpent(registration);
  }
}

export function uploadAnswer(
  { jobId, documentId, expiresAt }: AwaitingBytes,
  signedUrl: string | null,
): UploadAnswer {
  return {
    job_id: jobId,
    document_id: documentId,
    signed_url: signedUrl,
    upload_expires_at: expiresAt.toISOString(),
  };
}

function consentRequired(
  { required_consent_version: version }: Limits,
): HttpError {
  return new HttpError("consent_required", {
    message:
      `Version ${version} of the terms must be agreed to before documents are accepted. Show it to the user, then send {"consent_version": "${version}"} to POST /api/account/consent.`,
    details: { required_version: version },
  });
}

function fileTooLarge(limit: number): HttpError {
  const message = `The file is larger than ${limit} bytes.`;
  return new HttpError("file_too_large", {
    message,
    details: { max_file_bytes: limit },
  });
}

export function dailyLimit(
  { limitName, limit, retryAfterSeconds }: Extract<
    Registration,
    { outcome: "daily_limit" }
  >,
): HttpError {
  const allowed = limitName === "pages_per_user_per_day"
    ? `have ${limit} pages parsed a day`
    : `upload ${limit} documents a day, including retries and reparses`;
  return new HttpError("daily_limit", {
    message: `You may ${allowed}. Retry later.`,
    details: { limit, limit_name: limitName },
    headers: retryAfterHeader(retryAfterSeconds),
  });
}

/**
 * A document that failed because of itself would fail again. The top-level fields are those that the original's clients
 * read for bytes that they have sent before.
 * @param sent before, if it is sent again
 */
export function documentRefused(
  document_id: string,
  job_id: string,
  reason: FailureReason,
  sent?: { filename: string; lastUploaded: Date },
): HttpError {
  const { code, message } = errorForUser(reason);
  const whole =
    `This document was refused, and a retry would be refused too: ${message} Upload another file, or delete this one.`;
  return new HttpError("document_refused", {
    message: whole,
    details: { reason: code, document_id, job_id },
    ...sent && {
      extra: {
        error_type: "document_refused",
        message: whole,
        document_id,
        document_title: sent.filename,
        last_uploaded: sent.lastUploaded,
      },
    },
  });
}

/** A user sees their own budget, and not the project's. */
export function budgetSpent(
  { whose, limit, retryAfterSeconds }: Extract<
    Registration,
    { outcome: "budget_spent" }
  >,
): HttpError {
  return new HttpError("monthly_budget_spent", {
    message: whose === "user"
      ? "Your budget of this month does not hold this document."
      : "This month's budget for all users does not hold this document.",
    details: {
      budget: whose,
      ...whose === "user" && { monthly_cents: limit },
      resets_at: new Date(Date.now() + retryAfterSeconds * 1000)
        .toISOString(),
    },
  });
}

function quotaExceeded(
  limit: "documents_per_user" | "bytes_per_user",
  limit_value: number,
  message: string,
): HttpError {
  const details = { limit, limit_value };
  return new HttpError("quota_exceeded", { message, details });
}

function unsupportedType(mime: string, limits: Limits): HttpError {
  return notAccepted(
    mime === ""
      ? "Neither the name's extension nor `mime` identifies the file's type. Correct one of them"
      : `Files of type ${mime} are not accepted`,
    limits,
  );
}

/** @param why the beginning of a sentence, to which the types that are accepted are added */
export function notAccepted(why: string, limits: Limits): HttpError {
  const { allowed_mime_types: allowed } = limits;
  const message = `${why}; accepted are: ${allowed.join(", ")}.`;
  return new HttpError("unsupported_type", { message, details: { allowed } });
}

/** The top-level fields are those that the original's clients read. */
function duplicateDocument(
  { documentId, filename, lastUploaded }: Extract<
    Registration,
    { outcome: "duplicate" }
  >,
): HttpError {
  const message = `You have already uploaded this document as “${filename}”.`;
  return new HttpError("duplicate_document", {
    message,
    extra: {
      error_type: "duplicate_document",
      message,
      document_id: documentId,
      document_title: filename,
      last_uploaded: lastUploaded,
    },
  });
}
