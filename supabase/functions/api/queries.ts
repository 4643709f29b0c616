import type { Pool } from "../_shared/database.ts";
import { consent, passwordTrustedFrom, recordConsent, requiredProof } from "./queries/accounts.ts";
import { deleteDocument, deleteDocuments, documentFiles, listDocuments, pollStatus } from "./queries/documents.ts";
import { exportedChunks, exportedDocuments, exportedEvents, exportedRows, exportedTables } from "./queries/export.ts";
import { health } from "./queries/health.ts";
import { job, jobs, retryJob } from "./queries/jobs.ts";
import { metricSamples } from "./queries/metrics.ts";
import { keepQuestionVector, questionVector } from "./queries/questions.ts";
import { reparseDocument } from "./queries/reparse.ts";
import { searchChunks } from "./queries/search.ts";
import { mayEmbedQuestion, monthlyBudget, recordQuestion } from "./queries/spending.ts";
import { countAndRegisterUpload, limits, registerUpload, usage } from "./queries/uploads.ts";

export type * from "./queries/accounts.ts";
export type * from "./queries/documents.ts";
export type * from "./queries/export.ts";
export type * from "./queries/health.ts";
export type * from "./queries/jobs.ts";
export type * from "./queries/metrics.ts";
export type * from "./queries/questions.ts";
export type * from "./queries/reparse.ts";
export type * from "./queries/search.ts";
export type * from "./queries/spending.ts";
export type * from "./queries/uploads.ts";

/** Everything that the API asks of the database. A query with claims runs as that user, under row-level security. */
export type ApiQueries = ReturnType<typeof createApiQueries>;

/**
 * Binds each query to connections of its priority (`PRIORITIES`). The default is for queries of requests that have
 * begun; the first query of a request waits with those that a user waits for, or with those that can wait.
 */
export function createApiQueries(sql: Pool) {
  return {
    ...bind(sql, {
      consent,
      deleteDocument,
      deleteDocuments,
      documentFiles,
      health,
      job,
      jobs,
      keepQuestionVector,
      limits,
      listDocuments,
      mayEmbedQuestion,
      metricSamples,
      monthlyBudget,
      passwordTrustedFrom,
      requiredProof,
      questionVector,
      recordConsent,
      recordQuestion,
      retryJob,
      searchChunks,
      usage,
    }),
    ...bind(sql.at("interactive"), { pollStatus }),
    ...bind(sql.at("bulk"), {
      countAndRegisterUpload,
      exportedChunks,
      exportedDocuments,
      exportedEvents,
      exportedRows,
      exportedTables,
      registerUpload,
      reparseDocument,
    }),
  };
}

/** Queries without their first parameter, the connection. */
type Bound<Queries> = {
  [Name in keyof Queries]: Queries[Name] extends (sql: never, ...values: infer Values) => infer Result
    ? (...values: Values) => Result
    : never;
};

function bind<
  Connection,
  Queries extends Record<
    string,
    (sql: Connection, ...values: never[]) => unknown
  >,
>(sql: Connection, queries: Queries): Bound<Queries> {
  return Object.fromEntries(
    Object.entries(queries).map(([name, query]) => [
      name,
      (...values: never[]) => query(sql, ...values),
    ]),
  ) as Bound<Queries>;
}
