import type { Context, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { validator } from "hono-openapi";
import type { ZodType } from "zod";
import type { AppEnv } from "./app_context.ts";
import { SMALL_BODY } from "./body_deadline.ts";
import { HttpError } from "./errors.ts";
import { sentenceAbout } from "./field_names.ts";
import { fields, unknownFields } from "./fields.ts";

/** Answers 413 before more than 64 KiB of a JSON body are read. */
export function limitJsonBody(): MiddlewareHandler<AppEnv> {
  return bodyLimit({
    maxSize: SMALL_BODY,
    onError: () => {
      throw new HttpError("body_too_large", {
        message: `The JSON body exceeds ${SMALL_BODY} bytes.`,
      });
    },
  });
}

/** Validates the JSON body; `c.req.valid("json")` is its output. 400 `invalid_json`, 415 or 422 `validation_failed`. */
export function jsonBody<T extends ZodType>(schema: T) {
  return validator("json", schema, async (result, c) => {
    // A body of another content type was not parsed, and must not pass as an empty object.
    if (!isJson(c) && !(result.success && await isBlank(c.req))) {
      throw new HttpError("unsupported_media_type");
    }
    if (!result.success) throw validationFailed({ issues: result.error });
  });
}

function isJson(c: Context): boolean {
  const [type] = (c.req.header("content-type") ?? "").split(";");
  return /^application\/([\w.-]+\+)?json$/i.test(type.trim());
}

async function isBlank(request: { text(): Promise<string> }): Promise<boolean> {
  return (await request.text()).trim() === "";
}

/** For a route that takes no body: 422 that names any field it contains. */
export function noFields(): MiddlewareHandler<AppEnv> {
  const refusal = { issues: [{ message: "takes no body; remove it" }] };
  return async (c, next) => {
    await bodyLimit({
      maxSize: SMALL_BODY,
      onError: () => {
        throw validationFailed(refusal);
      },
    })(c, async () => {
      if (await isBlank(c.req)) return;
      const body = await c.req.json().catch(() => {
        throw validationFailed(refusal);
      });
      const parsed = fields({}).safeParse(body);
      if (!parsed.success) throw validationFailed(parsed.error);
    });
    await next();
  };
}

/** Validates the path's parameters; 422 `validation_failed`. */
export function pathParams<T extends ZodType>(schema: T) {
  return validator("param", schema, (result) => {
    if (!result.success) throw validationFailed({ issues: result.error });
  });
}

/** An error of a field, as zod and other libraries report it (https://standardschema.dev). */
interface Issue {
  message: string;
  path?: readonly (PropertyKey | { key: PropertyKey })[];
  /** zod reports all unknown fields of an object in one issue. */
  code?: string;
  keys?: readonly string[];
}

/** A value of another kind is also too long, too short or not of the form, which says nothing further. */
function withoutConsequences(issues: readonly Issue[]): Issue[] {
  const fieldOf = ({ path = [] }: Issue) =>
    path.map((part) => String(typeof part === "object" ? part.key : part)).join(".");
  const ofAnotherKind = new Set(issues.filter(({ code }) => code === "invalid_type").map(fieldOf));
  return issues.filter((issue) => issue.code === "invalid_type" || !ofAnotherKind.has(fieldOf(issue)));
}

/** The most unknown fields that are named. */
const MOST_UNKNOWN = 20;

/**
 * A 422 with a sentence about each invalid field, and the same in `details` for programs. It never repeats the value that
 * was sent.
 */
export function validationFailed(
  error: { issues: readonly Issue[] },
): HttpError {
  const issues = withoutConsequences(error.issues).flatMap(({ path = [], message, code, keys }) => {
    const within = path.map((part) => typeof part === "object" ? part.key : part);
    return code === "unrecognized_keys" && keys
      ? unknownFields(keys.slice(0, MOST_UNKNOWN), within)
      : [{ path: within, message }];
  });
  const details = issues.map(({ path, message }) => ({ path: path.join("."), message }));
  const message = issues.map(({ path, message }) => sentenceAbout(path, message)).join(" ");
  return new HttpError("validation_failed", { message, details });
}
