import { z } from "zod";
import type { AppContext } from "../../_shared/app_context.ts";
import { asHttpError } from "../../_shared/error_answer.ts";
import type { HttpError } from "../../_shared/errors.ts";
import { fields } from "../../_shared/fields.ts";
import { validationFailed } from "../../_shared/validation.ts";
import { answerOnce } from "../idempotency.ts";
import { countNow } from "../rate_limit.ts";
import {
  register,
  type UploadAnswer,
  uploadAnswer,
  type UploadDeps,
  uploadOf,
  uploadRequest,
} from "./upload_registration.ts";

/** Documents that one request may register. */
export const MOST_DOCUMENTS = 50;

/** Signed URLs that are requested at once. */
const SIGNED_AT_ONCE = 8;

/** Each document is checked by itself, so that an invalid one does not affect the others. */
export const batchRequest = fields({
  documents: z.array(z.unknown()).min(1).max(MOST_DOCUMENTS),
});

export type BatchResult =
  | { index: number; ok: true } & UploadAnswer
  | {
    index: number;
    ok: false;
    error: { code: string; message: string; details?: unknown };
  };

export function isBatch(body: unknown): body is { documents: unknown } {
  return typeof body === "object" && body !== null && "documents" in body;
}

/** Registers several uploads in one request and answers with the result of each, in order. */
export async function registerBatch(
  c: AppContext,
  deps: UploadDeps,
  body: unknown,
): Promise<Response> {
  await countNow(c, deps.limiter);
  const batch = batchRequest.safeParse(body);
  if (!batch.success) throw validationFailed(batch.error);
  const { documents } = batch.data;
  return await answerOnce(c, deps.idempotencyKeys, documents, async () => ({
    documents: await registerEach(c, deps, documents),
  }));
}

/**
 * Registers one after the other, as the database does for one user anyway, and then requests several signed URLs at
 * once.
 * @throws an error that affects all of them, such as an unavailable database
 */
async function registerEach(
  c: AppContext,
  deps: UploadDeps,
  documents: unknown[],
): Promise<BatchResult[]> {
  const registrations = [];
  for (const document of documents) {
    registrations.push(
      await outcomeOf(c, () => {
        const upload = uploadRequest.safeParse(document);
        if (!upload.success) throw validationFailed(upload.error);
        return register(c, deps, uploadOf(upload.data));
      }),
    );
  }

  const results: BatchResult[] = [];
  while (results.length < registrations.length) {
    const first = results.length;
    const some = registrations.slice(first, first + SIGNED_AT_ONCE);
    results.push(
      ...await Promise.all(
        some.map((registration, offset) =>
          resultOf(c, first + offset, registration, async (registered) => {
            const { rawPath } = registered;
            const { signedUrl } = await deps.storage.signUpload(rawPath);
            return uploadAnswer(registered, signedUrl);
          })
        ),
      ),
    );
  }
  return results;
}

export type Outcome<T> = { value: T } | { refusal: HttpError };

/** A refusal that the user is meant to see becomes that document's result; any other error fails the request. */
export async function outcomeOf<T>(
  c: AppContext,
  run: () => T | Promise<T>,
): Promise<Outcome<T>> {
  try {
    return { value: await run() };
  } catch (error) {
    const known = error instanceof Error ? asHttpError(error) : null;
    if (!known || known.code === "database_unavailable") throw error;
    if (known.status >= 500) {
      c.var.log.error(known.message, {
        code: known.code,
        cause: known.options.cause,
      });
    }
    return { refusal: known };
  }
}

export async function resultOf<T>(
  c: AppContext,
  index: number,
  before: Outcome<T>,
  run: (value: T) => Promise<UploadAnswer>,
): Promise<BatchResult> {
  const outcome = "refusal" in before ? before : await outcomeOf(c, () => run(before.value));
  if ("value" in outcome) return { index, ok: true, ...outcome.value };
  const { code, message, options: { details, extra } } = outcome.refusal;
  return { ...extra, index, ok: false, error: { code, message, details } };
}
