import postgres from "postgres";
import { PipelineError } from "../../../client/pipeline_client.ts";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";

/** What is told of a failure, on a screen or as JSON. */
export interface Failure {
  code: string;
  message: string;
  remedy: string;
  /** The HTTP status and the request's id, if the API refused. */
  status?: number;
  request_id?: string;
}

/** A failure that somebody foresaw, in words; null for a defect of ours. */
export function explain(error: unknown): Failure | null {
  if (error instanceof ErrorWithRemedy) {
    const { code, message, remedy } = error;
    return { code, message, remedy };
  }
  if (error instanceof PipelineError) return explainRefusal(error);
  if (error instanceof postgres.PostgresError) return explainSql(error);
  const code = error instanceof Error && "code" in error ? error.code : null;
  if (typeof code === "string" && CONNECTION_FAULTS.test(code)) {
    return {
      code: "database_unreachable",
      message: `The database does not answer: ${(error as Error).message}`,
      remedy: "Check --database-url, and that the database runs.",
    };
  }
  return null;
}

const CONNECTION_FAULTS =
  /^(CONNECT_TIMEOUT|CONNECTION_(CLOSED|ENDED|DESTROYED)|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENOTFOUND|EAI_AGAIN)$/;

function explainRefusal(error: PipelineError): Failure {
  const { code, message, status, requestId, retryAfter } = error;
  return {
    code,
    message,
    remedy: status === 401
      ? "Sign in with --email and PIPELINE_PASSWORD, or with --access-token."
      : retryAfter
      ? `Come back in ${retryAfter} seconds.`
      : code === "validation_failed"
      ? "Give the command what it asks for: its --help has examples."
      : code === "network_error"
      ? "Check --url, and that the pipeline runs."
      : requestId
      ? `npm run pipeline -- history ${requestId} may tell more.`
      : "npm run pipeline -- doctor looks at every requirement.",
    ...status && { status },
    ...requestId && { request_id: requestId },
  };
}

/** SQLSTATEs: https://www.postgresql.org/docs/17/errcodes-appendix.html */
function explainSql(error: postgres.PostgresError): Failure {
  const { code, message } = error;
  if (/^28/.test(code)) {
    return {
      code: "database_refused",
      message: `The database lets nobody in with this address: ${message}`,
      remedy: "Check the role and the password in --database-url.",
    };
  }
  if (code === "42501") {
    return {
      code: "forbidden",
      message: `The database does not allow it: ${message}`,
      remedy: "Connect as the project's owner, the role postgres.",
    };
  }
  if (["3F000", "42P01", "42883", "42703"].includes(code)) {
    return {
      code: "migrations_missing",
      message: `The database is not of this version: ${message}`,
      remedy: "Apply the migrations: npm run deploy, or npx supabase db push.",
    };
  }
  return {
    code: `sql_${code.toLowerCase()}`,
    message: `The database refused: ${message}`,
    remedy: error.hint ?? "npm run pipeline -- doctor looks at the database.",
  };
}
