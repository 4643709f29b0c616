import postgres from "postgres";

/**
 * An answer that is not a success, in the words of Supabase Storage: `statusCode` is the status it means, `error` and
 * `code` are what clients compare. Over HTTP hosted Storage sends 400 for nearly all of them and puts the meant status
 * into the body; resumable uploads get the meant status itself.
 */
export class Fault extends Error {
  override name = "Fault";

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** The older name of the code, where hosted still sends one. */
    readonly error: string = code,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  toResponse(): Response {
    return Response.json({
      statusCode: String(this.status),
      code: this.code,
      error: this.error,
      message: this.message,
    }, { status: this.status >= 500 ? this.status : 400 });
  }
}

export const noSuchBucket = () => new Fault(404, "NoSuchBucket", "Bucket not found", "Bucket not found");

export const noSuchKey = () => new Fault(404, "NoSuchKey", "Object not found", "not_found");

export const accessDenied = (message: string, cause?: unknown) =>
  new Fault(403, "AccessDenied", message, "Unauthorized", { cause });

export const alreadyExists = (cause?: unknown) =>
  new Fault(
    409,
    "ResourceAlreadyExists",
    "The resource already exists",
    "Duplicate",
    { cause },
  );

export const tooLarge = () =>
  new Fault(
    413,
    "EntityTooLarge",
    "The object exceeded the maximum allowed size",
    "Payload too large",
  );

export const invalidMimeType = (type: string) =>
  new Fault(
    415,
    "InvalidMimeType",
    `mime type ${type} is not supported`,
    "invalid_mime_type",
  );

export const invalidKey = (key: string) => new Fault(400, "InvalidKey", `Invalid key: ${key}`);

export const invalidRequest = (message: string, cause?: unknown) =>
  new Fault(400, "InvalidRequest", message, "InvalidRequest", { cause });

/** The request lacks what hosted's web framework requires before Storage sees it; `error` is the framework's word. */
export const missingProperty = (
  part: "headers" | "querystring",
  property: string,
) =>
  new Fault(
    400,
    "InvalidRequest",
    `${part} must have required property '${property}'`,
    "Error",
  );

/** The client has disconnected, so this answer is not read. */
export const aborted = (cause: unknown) => new Fault(499, "Aborted", "The client went away", "Aborted", { cause });

/** A caller's answer to an error that Postgres, a policy or a trigger raised; other errors pass unchanged. */
export function faultFromDatabase(error: unknown): unknown {
  if (!(error instanceof postgres.PostgresError)) return error;
  switch (error.code) {
    case "42501":
      return accessDenied(
        error.message.includes("row-level security") ? "new row violates row-level security policy" : error.message,
        error,
      );
    case "23505":
      return alreadyExists(error);
    case "23503":
      return new Fault(
        404,
        "InvalidRequest",
        "The related resource does not exist",
        "InvalidRequest",
        { cause: error },
      );
    case "57014":
      return new Fault(
        544,
        "DatabaseTimeout",
        "The connection to the database timed out",
        "DatabaseTimeout",
        { cause: error },
      );
    default:
      return new Fault(500, "DatabaseError", error.message, "DatabaseError", {
        cause: error,
      });
  }
}
