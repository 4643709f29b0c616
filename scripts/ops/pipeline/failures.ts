import postgres from "postgres";
import { PipelineError } from "../../../client/src/index.ts";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";

/** A failure as displayed or as JSON. */
export interface Failure {
  code: string;
  message: string;
  remedy: string;
  /** The HTTP status and the request's id, if the API refused. */
  status?: number;
  request_id?: string;
}

/** An expected failure in words; null for a defect of the program. */
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
      message: `The database is unreachable: ${(error as Error).message}`,
      remedy: "Check --database-url and that the database runs.",
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
      ? `Retry in ${retryAfter} seconds.`
      : code === "validation_failed"
      ? "Correct the arguments: --help has examples."
      : code === "network_error"
      ? "Check --url and that the pipeline runs."
      : requestId
      ? `See npm run pipeline -- history ${requestId}.`
      : "Check the pipeline with npm run pipeline -- doctor.",
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
      message: `The database refused the connection: ${message}`,
      remedy: "Check the role and the password in --database-url.",
    };
  }
  if (code === "42501") {
    return {
      code: "forbidden",
      message: `Permission denied by the database: ${message}`,
      remedy: "Connect as the project's owner, the role postgres.",
    };
  }
  if (["3F000", "42P01", "42883", "42703"].includes(code)) {
    return {
      code: "migrations_missing",
      message: `The database has another version: ${message}`,
      remedy: "Apply the migrations: npm run deploy, or npx supabase db push.",
    };
  }
  return {
    code: `sql_${code.toLowerCase()}`,
    message: `The database refused: ${message}`,
    remedy: error.hint ?? "Check the database with npm run pipeline -- doctor.",
  };
}
