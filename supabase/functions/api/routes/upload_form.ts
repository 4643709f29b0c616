import { announcedMime, describeContent, fileType, recognise } from "../../_inspect/file_types.ts";
import type { AppContext } from "../../_shared/app_context.ts";
import { BytesInFlight, lengthOf } from "../../_shared/bytes_in_flight.ts";
import { retryAfterHeader } from "../../_shared/error_answer.ts";
import { HttpError } from "../../_shared/errors.ts";
import { sha256Hex } from "../../_shared/hash.ts";
import { validationFailed } from "../../_shared/validation.ts";
import { answerOnce } from "../idempotency.ts";
import type { Limits } from "../queries.ts";
import { countNow } from "../rate_limit.ts";
import { type FormFields, readFields } from "./form_fields.ts";
import { type FormFile, readForm } from "./multipart.ts";
import { type BatchResult, MOST_DOCUMENTS, type Outcome, outcomeOf, resultOf } from "./upload_batch.ts";
import {
  notAccepted,
  register,
  type Upload,
  type UploadAnswer,
  uploadAnswer,
  type UploadDeps,
  uploadOf,
  uploadRequest,
} from "./upload_registration.ts";

/** Bytes of a multipart body in addition to the files: part headers and the other fields. */
const FORM_OVERHEAD = 64 * 1024;

/** The largest form, in bytes, that the platform passes to a function. Larger files use signed URLs. */
export const MOST_FORM_BYTES = 20 * 1024 * 1024;

/**
 * The most bytes that an isolate receives at once: two of the largest forms, of different users. Until it is stored, a
 * form takes some two and a half times its size of the isolate's 256 MB.
 */
const limitForms = () => new BytesInFlight({ inAll: 2 * MOST_FORM_BYTES, ofCaller: MOST_FORM_BYTES });

/** Forms take seconds. */
const RETRY_SECONDS = 2;

export type UploadInOneRequest = (c: AppContext) => Promise<Response>;

/**
 * Receives, verifies and stores a form's files before it answers. Of several files each has its own result, as in a
 * batch.
 */
export function uploadsInOneRequest(deps: UploadDeps): UploadInOneRequest {
  const inFlight = limitForms();
  return async (c) => {
    await countNow(c, deps.limiter);
    const limits = await deps.queries.limits();
    const most = Math.min(
      limits.max_file_bytes + FORM_OVERHEAD,
      MOST_FORM_BYTES,
    );
    const announced = lengthOf(c) ?? most;
    if (announced > most) throw formTooLarge(limits.max_file_bytes);
    const release = inFlight.reserve(c.var.claims.sub, announced);
    if (!release) throw tooBusy();
    try {
      const body = await receive(c, announced);
      if (!body) throw formTooLarge(limits.max_file_bytes);
      const type = c.req.header("content-type") ?? "";
      const form = readFields(await readForm(body, type), MOST_DOCUMENTS);
      return await uploadAll(c, deps, form, limits);
    } finally {
      release();
    }
  };
}

async function uploadAll(
  c: AppContext,
  deps: UploadDeps,
  form: FormFields,
  limits: Limits,
): Promise<Response> {
  if (form.files.length > 1) return await uploadEach(c, deps, form, limits);
  const [file] = form.files;
  const upload = await describe(file, form, limits);
  return await answerOnce(
    c,
    deps.idempotencyKeys,
    { form: upload },
    () => store(c, deps, upload, file.bytes),
  );
}

/** Each file is checked by itself, so that an invalid one does not affect the others. */
async function uploadEach(
  c: AppContext,
  deps: UploadDeps,
  form: FormFields,
  limits: Limits,
): Promise<Response> {
  const described: { bytes: Uint8Array; outcome: Outcome<Upload> }[] = [];
  for (const file of form.files) {
    const outcome = await outcomeOf(c, () => describe(file, form, limits));
    described.push({ bytes: file.bytes, outcome });
  }
  const forms = described.map(({ outcome }) => "value" in outcome ? outcome.value : outcome.refusal.message);
  return await answerOnce(c, deps.idempotencyKeys, { forms }, async () => {
    const documents: BatchResult[] = [];
    for (const [index, { bytes, outcome }] of described.entries()) {
      documents.push(
        await resultOf(
          c,
          index,
          outcome,
          (upload) => store(c, deps, upload, bytes),
        ),
      );
    }
    return { documents };
  });
}

/** The body in one piece of memory; null as soon as it exceeds the limit. */
async function receive(
  c: AppContext,
  mostBytes: number,
): Promise<Uint8Array | null> {
  // A small body is being read already (`bodyDeadline`).
  if (c.req.raw.bodyUsed) return new Uint8Array(await c.req.arrayBuffer());
  if (!c.req.raw.body) return new Uint8Array();
  const bytes = new Uint8Array(mostBytes);
  let size = 0;
  for await (const chunk of c.req.raw.body) {
    // Leaving the loop cancels the stream.
    if (size + chunk.byteLength > mostBytes) return null;
    bytes.set(chunk, size);
    size += chunk.byteLength;
  }
  return bytes.subarray(0, size);
}

async function store(
  c: AppContext,
  deps: UploadDeps,
  upload: Upload,
  bytes: Uint8Array,
): Promise<UploadAnswer> {
  const registered = await register(c, deps, upload);
  await deps.storage.put(registered.rawPath, bytes, upload.mime);
  return uploadAnswer(registered, null);
}

/** The upload that a JSON registration would describe, taken from the file's bytes. */
async function describe(
  { name, type, bytes }: FormFile,
  { ocr, policy_id }: FormFields,
  limits: Limits,
): Promise<Upload> {
  const described = uploadRequest.safeParse({
    filename: name,
    bytes_len: bytes.byteLength,
    mime: type.slice(0, 255),
    sha256: await sha256Hex(bytes),
    ocr,
    policy_id,
  });
  if (!described.success) throw validationFailed(described.error);
  const upload = uploadOf(described.data);
  const shown = recognise(bytes, described.data.filename, upload.mime);
  if (!shown) throw typeMismatch(upload, bytes, limits);
  return { ...upload, mime: shown.mime };
}

function typeMismatch(
  { filename, mime }: Upload,
  bytes: Uint8Array,
  limits: Limits,
): HttpError {
  const said = fileType(mime)?.name ??
    fileType(announcedMime(filename, ""))?.name;
  return notAccepted(
    said
      ? `The file is ${describeContent(bytes)}, although its name or its type says that it is ${said}`
      : `The file is ${describeContent(bytes)}, and its type ${mime} is not accepted`,
    limits,
  );
}

function formTooLarge(limit: number): HttpError {
  const mostBytes = Math.min(limit, MOST_FORM_BYTES - FORM_OVERHEAD);
  const message = `A file may have ${limit} bytes, and all files of one form together ` +
    `${mostBytes}. Send fewer at once, or register them in JSON and PUT ` +
    `each to its signed URL.`;
  return new HttpError("file_too_large", {
    message,
    details: { max_file_bytes: limit, max_form_bytes: mostBytes },
  });
}

function tooBusy(): HttpError {
  return new HttpError("too_busy", {
    message: "The capacity for forms, yours or that of all users, is exhausted. " +
      "Send one form after the other, or register the files in JSON and PUT " +
      "each to its signed URL.",
    headers: retryAfterHeader(RETRY_SECONDS),
  });
}
