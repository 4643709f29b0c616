import { bodyLimit } from "hono/body-limit";
import { z } from "zod";
import { type AppContext, validationFailed } from "../../_shared/app.ts";
import { HttpError } from "../../_shared/errors.ts";
import { fileType, recognise } from "../../_shared/file_types.ts";
import { sha256Hex } from "../../_shared/hash.ts";
import { answerOnce } from "../../_shared/idempotency.ts";
import { countNow } from "../../_shared/rate_limit.ts";
import type { Limits } from "../queries.ts";
import {
  fileTooLarge,
  register,
  uploadAnswer,
  type UploadDeps,
  type UploadRequest,
  uploadRequest,
} from "./upload_registration.ts";

const UNKNOWN_TYPE = "application/octet-stream";

/** What a multipart body may hold beside the file: part headers and the other fields, in bytes. */
const FORM_OVERHEAD = 64 * 1024;

const uploadForm = z.object({
  file: z.instanceof(File, { error: "must be a file" }),
  // Sent by older clients; nothing here depends on it.
  policy_id: z.string().max(128).optional(),
});

/** The multipart way: the bytes come along, are checked and stored before the answer. */
export async function uploadInOneRequest(
  c: AppContext,
  deps: UploadDeps,
): Promise<Response> {
  await countNow(c, deps.limiter);
  const limits = await deps.queries.limits();
  const file = await readFile(c, limits);
  const bytes = new Uint8Array(await file.arrayBuffer());
  const upload = await describe(file, bytes);
  const request = { form: upload };
  return await answerOnce(c, deps.idempotencyKeys, request, async () => {
    const registered = await register(c, deps, upload);
    await deps.storage.put(registered.rawPath, bytes, upload.mime);
    return uploadAnswer(registered, null);
  });
}

/** Reads the form, giving up as soon as the body proves larger than any file that is allowed. */
async function readFile(c: AppContext, limits: Limits): Promise<File> {
  let form: FormData | undefined;
  await bodyLimit({
    maxSize: limits.max_file_bytes + FORM_OVERHEAD,
    onError: () => {
      throw fileTooLarge(limits.max_file_bytes);
    },
  })(c, async () => {
    form = await c.req.formData().catch((cause) => {
      const message = "The multipart body cannot be read.";
      throw new HttpError(400, "invalid_form", message, { cause });
    });
  });
  const parsed = uploadForm.safeParse(Object.fromEntries(form ?? []));
  if (!parsed.success) throw validationFailed(parsed.error);
  return parsed.data.file;
}

/** Says of a file that is here what a JSON registration says of one that will come. */
async function describe(
  file: File,
  bytes: Uint8Array,
): Promise<UploadRequest> {
  const mime = mimeOf(file, bytes);
  const type = fileType(mime);
  if (type && bytes.length > 0 && !type.matches(bytes)) {
    const message = `The file is not ${type.name}, whatever its name says.`;
    throw new HttpError(415, "unsupported_type", message);
  }
  const described = uploadRequest.safeParse({
    filename: file.name,
    bytes_len: bytes.byteLength,
    mime,
    sha256: await sha256Hex(bytes),
  });
  if (!described.success) throw validationFailed(described.error);
  return described.data;
}

/** What the sender says the file is; where it does not say, what the content shows. */
function mimeOf(file: File, bytes: Uint8Array): string {
  const stated = file.type.split(";")[0].trim().toLowerCase();
  if (stated !== "" && stated !== UNKNOWN_TYPE) return stated;
  return recognise(bytes, file.name)?.mime ?? UNKNOWN_TYPE;
}
