import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { z } from "zod";
import {
  type AppContext,
  type AppEnv,
  jsonBody,
  limitJsonBody,
  requireUser,
  retryAfterHeader,
  validationFailed,
} from "../../_shared/app.ts";
import { HttpError } from "../../_shared/errors.ts";
import { sha256Hex } from "../../_shared/hash.ts";
import { isPdf } from "../../_shared/pdf.ts";
import type { ApiDeps } from "../app.ts";
import { filename } from "../filename.ts";
import type { Limits, Registration } from "../queries.ts";

type UploadDeps = Pick<ApiDeps, "queries" | "storage" | "authenticate">;
type AwaitingBytes = Extract<Registration, { outcome: "created" | "resumed" }>;

const PDF = "application/pdf";

/** What a multipart body may hold beside the file: part headers and the other fields, in bytes. */
const FORM_OVERHEAD = 64 * 1024;

const uploadRequest = z.object({
  filename,
  bytes_len: z.int().positive(),
  mime: z.string().trim().toLowerCase().min(1).max(255),
  sha256: z.string().regex(
    /^[a-f0-9]{64}$/,
    "must be 64 lower-case hexadecimal digits",
  ),
  ocr: z.boolean().default(false),
});
type UploadRequest = z.output<typeof uploadRequest>;

const uploadForm = z.object({
  file: z.instanceof(File, { error: "must be a file" }),
  // Sent by older clients; nothing here depends on it.
  policy_id: z.string().max(128).optional(),
});

/** Where a document's life begins: registering it, and its bytes by signed URL or in the same request. */
export function uploadRoutes(deps: UploadDeps): Hono<AppEnv> {
  const { queries, storage, authenticate } = deps;
  const routes = new Hono<AppEnv>();
  const signedIn = requireUser(authenticate);

  routes.get("/upload/limits", signedIn, async (c) => {
    return c.json(await queries.limits());
  });

  routes.post(
    "/upload-document-backend",
    signedIn,
    async (c, next) => {
      if (!isMultipart(c)) return await next();
      return await uploadInOneRequest(c, deps);
    },
    limitJsonBody(),
    jsonBody(uploadRequest),
    async (c) => {
      const limits = await queries.limits();
      const registered = await register(c, deps, limits, c.req.valid("json"));
      const { signedUrl } = await storage.signUpload(registered.rawPath);
      return c.json(answer(registered, limits, signedUrl));
    },
  );

  return routes;
}

function isMultipart(c: AppContext): boolean {
  return /^multipart\/form-data\b/i.test(c.req.header("content-type") ?? "");
}

/** The multipart way: the bytes come along, are checked and stored before the answer. */
async function uploadInOneRequest(
  c: AppContext,
  deps: UploadDeps,
): Promise<Response> {
  const limits = await deps.queries.limits();
  const file = await readFile(c, limits);
  const bytes = new Uint8Array(await file.arrayBuffer());
  const upload = await describe(file, bytes);
  const registered = await register(c, deps, limits, upload);
  await deps.storage.put(registered.rawPath, bytes, upload.mime);
  return c.json(answer(registered, limits, null));
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
  if (mime === PDF && !isPdf(bytes)) {
    const message = "The file is not a PDF, whatever its name says.";
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
  if (stated !== "" && stated !== "application/octet-stream") return stated;
  return isPdf(bytes) ? PDF : "application/octet-stream";
}

/** Registers the upload under the user's id, or throws the error that the contract has for the reason why not. */
async function register(
  c: AppContext,
  { queries }: UploadDeps,
  limits: Limits,
  upload: UploadRequest,
): Promise<AwaitingBytes> {
  const registration = await queries.registerUpload({
    userId: c.var.claims.sub,
    filename: upload.filename,
    mime: upload.mime,
    bytesLen: upload.bytes_len,
    sha256: upload.sha256,
    ocr: upload.ocr,
    requestId: c.var.requestId,
  });
  switch (registration.outcome) {
    case "created":
    case "resumed":
      return registration;
    case "duplicate":
      throw duplicateDocument(registration);
    case "too_large":
      throw fileTooLarge(registration.limit);
    case "unsupported_type":
      throw new HttpError(
        415,
        "unsupported_type",
        `Files of type ${upload.mime} are not accepted; these are: ${
          limits.allowed_mime_types.join(", ")
        }.`,
        { details: { allowed: limits.allowed_mime_types } },
      );
    case "daily_limit":
      throw new HttpError(
        429,
        "daily_limit",
        `You may upload ${registration.limit} documents a day. Try again later.`,
        {
          details: { limit: registration.limit },
          headers: retryAfterHeader(registration.retryAfterSeconds),
        },
      );
  }
}

function answer(
  { jobId, documentId }: AwaitingBytes,
  { upload_url_seconds }: Limits,
  signedUrl: string | null,
) {
  return {
    job_id: jobId,
    document_id: documentId,
    signed_url: signedUrl,
    upload_expires_at: new Date(Date.now() + upload_url_seconds * 1000)
      .toISOString(),
  };
}

function fileTooLarge(limit: number): HttpError {
  const message = `The file is larger than ${limit} bytes.`;
  return new HttpError(413, "file_too_large", message, {
    details: { max_file_bytes: limit },
  });
}

/** The fields at the top level are those that the original's clients read. */
function duplicateDocument(
  { documentId, filename, lastUploaded }: Extract<
    Registration,
    { outcome: "duplicate" }
  >,
): HttpError {
  const message = `You have already uploaded this document as “${filename}”.`;
  return new HttpError(409, "duplicate_document", message, {
    extra: {
      error_type: "duplicate_document",
      message,
      document_id: documentId,
      document_title: filename,
      last_uploaded: lastUploaded,
    },
  });
}
