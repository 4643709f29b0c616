import { bodyLimit } from "hono/body-limit";
import { type AppContext, validationFailed } from "../../_shared/app.ts";
import { HttpError } from "../../_shared/errors.ts";
import {
  announcedMime,
  describeContent,
  fileType,
  recognise,
} from "../../_shared/file_types.ts";
import { sha256Hex } from "../../_shared/hash.ts";
import { answerOnce } from "../../_shared/idempotency.ts";
import { countNow } from "../../_shared/rate_limit.ts";
import type { Limits } from "../queries.ts";
import { type FormFields, readFields } from "./form_fields.ts";
import { readForm } from "./multipart.ts";
import {
  type BatchResult,
  MOST_DOCUMENTS,
  type Outcome,
  outcomeOf,
  resultOf,
} from "./upload_batch.ts";
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

/** What a multipart body may hold beside the files: part headers and the other fields, in bytes. */
const FORM_OVERHEAD = 64 * 1024;

/**
 * The multipart way: the bytes come along, are checked and stored before the answer. Of several files each has a result of
 * its own, as in a batch.
 */
export async function uploadInOneRequest(
  c: AppContext,
  deps: UploadDeps,
): Promise<Response> {
  await countNow(c, deps.limiter);
  const limits = await deps.queries.limits();
  const form = await receive(c, limits);
  if (form.files.length > 1) return await uploadEach(c, deps, form, limits);
  const bytes = await bytesOf(form.files[0]);
  const upload = await describe(form.files[0], bytes, form, limits);
  return await answerOnce(
    c,
    deps.idempotencyKeys,
    { form: upload },
    () => store(c, deps, upload, bytes),
  );
}

/** Each file is judged by itself, so that one that is wrong does not keep the others out. */
async function uploadEach(
  c: AppContext,
  deps: UploadDeps,
  form: FormFields,
  limits: Limits,
): Promise<Response> {
  const described: { bytes: Uint8Array; outcome: Outcome<Upload> }[] = [];
  for (const file of form.files) {
    const bytes = await bytesOf(file);
    const outcome = await outcomeOf(
      c,
      () => describe(file, bytes, form, limits),
    );
    described.push({ bytes, outcome });
  }
  const forms = described.map(({ outcome }) =>
    "value" in outcome ? outcome.value : outcome.refusal.message
  );
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

/** Reads the form, giving up as soon as the body proves larger than any file that is allowed. */
async function receive(c: AppContext, limits: Limits): Promise<FormFields> {
  let form: FormData | undefined;
  await bodyLimit({
    maxSize: limits.max_file_bytes + FORM_OVERHEAD,
    onError: () => {
      throw formTooLarge(limits.max_file_bytes);
    },
  })(c, async () => {
    form = await readForm(c);
  });
  return readFields(form ?? new FormData(), MOST_DOCUMENTS);
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

/** Says of a file that is here what a JSON registration says of one that will come, but by its bytes. */
async function describe(
  file: File,
  bytes: Uint8Array,
  { ocr, policy_id }: FormFields,
  limits: Limits,
): Promise<Upload> {
  const described = uploadRequest.safeParse({
    filename: file.name,
    bytes_len: bytes.byteLength,
    mime: file.type.slice(0, 255),
    sha256: await sha256Hex(bytes),
    ocr,
    policy_id,
  });
  if (!described.success) throw validationFailed(described.error);
  const upload = uploadOf(described.data);
  const shown = recognise(bytes, described.data.filename, upload.mime);
  if (!shown) throw notWhatItSays(upload, bytes, limits);
  return { ...upload, mime: shown.mime };
}

function notWhatItSays(
  { filename, mime }: Upload,
  bytes: Uint8Array,
  limits: Limits,
): HttpError {
  const said = fileType(mime)?.name ??
    fileType(announcedMime(filename, ""))?.name;
  return notAccepted(
    said
      ? `The file is ${
        describeContent(bytes)
      }, although its name or its type says that it is ${said}`
      : `The file is ${
        describeContent(bytes)
      }, and its type ${mime} is not accepted`,
    limits,
  );
}

async function bytesOf(file: File): Promise<Uint8Array> {
  return new Uint8Array(await file.arrayBuffer());
}

function formTooLarge(limit: number): HttpError {
  const message =
    `A file may have ${limit} bytes, and so may all files of one form together. ` +
    "Send fewer at once, or register them in JSON and PUT each to its signed URL.";
  return new HttpError(413, "file_too_large", message, {
    details: { max_file_bytes: limit },
  });
}
