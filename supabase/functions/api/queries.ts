import type { Claims, Sql } from "../_shared/database.ts";
import {
  deleteDocument,
  type DocumentFiles,
  documentFiles,
  type DocumentListing,
  type DocumentStatus,
  documentStatus,
  listDocuments,
  type ListedDocument,
} from "./queries/documents.ts";
import { type Health, health } from "./queries/health.ts";
import {
  type Job,
  job,
  type JobListing,
  jobs,
  type Retried,
  retryJob,
} from "./queries/jobs.ts";
import { metricSamples, type Sample } from "./queries/metrics.ts";
import {
  type ChunkSearch,
  type FoundChunk,
  searchChunks,
} from "./queries/search.ts";
import {
  mayEmbedQuestion,
  type MonthlyBudget,
  monthlyBudget,
  recordQuestion,
} from "./queries/spending.ts";
import {
  type Limits,
  limits,
  registerUpload,
  type Registration,
  type UploadToRegister,
} from "./queries/uploads.ts";

export type * from "./queries/documents.ts";
export type * from "./queries/health.ts";
export type * from "./queries/jobs.ts";
export type * from "./queries/metrics.ts";
export type * from "./queries/search.ts";
export type * from "./queries/spending.ts";
export type * from "./queries/uploads.ts";

/** Everything that the API asks of the database. What takes claims runs as that user, under row-level security. */
export interface ApiQueries {
  limits(): Promise<Limits>;
  /** Null if the user has no budget. */
  monthlyBudget(userId: string): Promise<MonthlyBudget | null>;
  /** Whether the user's and the project's budgets hold one more question. */
  mayEmbedQuestion(userId: string): Promise<boolean>;
  /** Puts down what it cost to embed the user's question. */
  recordQuestion(userId: string, model: string, tokens: number): Promise<void>;
  registerUpload(upload: UploadToRegister): Promise<Registration>;
  /** Null for a document that does not exist and for another user's alike. */
  documentStatus(
    claims: Claims,
    documentId: string,
  ): Promise<DocumentStatus | null>;
  listDocuments(
    claims: Claims,
    listing: DocumentListing,
  ): Promise<ListedDocument[]>;
  /** Null for a document that does not exist and for another user's alike. */
  documentFiles(
    claims: Claims,
    documentId: string,
  ): Promise<DocumentFiles | null>;
  /** False, changing nothing, if the user has no such document. */
  deleteDocument(userId: string, documentId: string): Promise<boolean>;
  /** Null for a job that does not exist and for another user's alike. */
  job(claims: Claims, jobId: string): Promise<Job | null>;
  jobs(
    claims: Claims,
    listing: JobListing,
  ): Promise<{ jobs: Job[]; total: number }>;
  retryJob(userId: string, jobId: string): Promise<Retried>;
  searchChunks(claims: Claims, search: ChunkSearch): Promise<FoundChunk[]>;
  /** Given up when the signal fires. */
  health(signal: AbortSignal): Promise<Health>;
  metricSamples(): Promise<Sample[]>;
}

export function createApiQueries(sql: Sql): ApiQueries {
  return {
    limits: () => limits(sql),
    monthlyBudget: (userId) => monthlyBudget(sql, userId),
    mayEmbedQuestion: (userId) => mayEmbedQuestion(sql, userId),
    recordQuestion: (userId, model, tokens) =>
      recordQuestion(sql, userId, model, tokens),
    registerUpload: (upload) => registerUpload(sql, upload),
    documentStatus: (claims, id) => documentStatus(sql, claims, id),
    listDocuments: (claims, listing) => listDocuments(sql, claims, listing),
    documentFiles: (claims, id) => documentFiles(sql, claims, id),
    deleteDocument: (userId, id) => deleteDocument(sql, userId, id),
    job: (claims, id) => job(sql, claims, id),
    jobs: (claims, listing) => jobs(sql, claims, listing),
    retryJob: (userId, id) => retryJob(sql, userId, id),
    searchChunks: (claims, search) => searchChunks(sql, claims, search),
    health: (signal) => health(sql, signal),
    metricSamples: () => metricSamples(sql),
  };
}
