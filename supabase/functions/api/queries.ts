import type { Origin } from "../_shared/audit.ts";
import type { Claims, Pool } from "../_shared/database.ts";
import {
  deleteDocument,
  deleteDocuments,
  type DocumentFiles,
  documentFiles,
  type DocumentListing,
  listDocuments,
  type ListedDocument,
  type PolledStatus,
  pollStatus,
} from "./queries/documents.ts";
import {
  type ExportedChunk,
  exportedChunks,
  type ExportedDocument,
  exportedDocuments,
  type ExportedEvent,
  exportedEvents,
  type ExportedRow,
  exportedRows,
  exportedTables,
} from "./queries/export.ts";
import { type Health, health } from "./queries/health.ts";
import {
  type Job,
  job,
  type JobListing,
  jobs,
  type Retried,
  retryJob,
} from "./queries/jobs.ts";
import {
  type Consent,
  consent,
  passwordProvesFrom,
  type ProofDemanded,
  proofDemanded,
  recordConsent,
  type RecordedConsent,
} from "./queries/accounts.ts";
import { metricSamples, type Sample } from "./queries/metrics.ts";
import {
  keepQuestionVector,
  questionVector,
  type VectorLiteral,
} from "./queries/questions.ts";
import {
  type Reparse,
  reparseDocument,
  type ReparseRequest,
} from "./queries/reparse.ts";
import {
  type ChunkSearch,
  type FoundChunks,
  searchChunks,
} from "./queries/search.ts";
import {
  mayEmbedQuestion,
  type MonthlyBudget,
  monthlyBudget,
  recordQuestion,
} from "./queries/spending.ts";
import {
  countAndRegisterUpload,
  type CountedRegistration,
  type Limits,
  limits,
  registerUpload,
  type Registration,
  type UploadToRegister,
  type Usage,
  usage,
} from "./queries/uploads.ts";

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

/**
 * Everything that the API asks of the database. A query with claims runs as
 * that user, under row-level security.
 */
export interface ApiQueries {
  limits(): Promise<Limits>;
  /** Null if the user has no budget. */
  monthlyBudget(userId: string): Promise<MonthlyBudget | null>;
  /** Whether the user's and the project's budgets cover another question. */
  mayEmbedQuestion(userId: string): Promise<boolean>;
  /** Records what embedding the user's question cost. */
  recordQuestion(userId: string, model: string, tokens: number): Promise<void>;
  /**
   * The cached vector of a question that this user asked before, which renews
   * it; null if there is none.
   */
  questionVector(
    userId: string,
    question: string,
  ): Promise<VectorLiteral | null>;
  /**
   * Caches a question's vector for when the user asks it again, and returns it
   * as stored.
   */
  keepQuestionVector(
    userId: string,
    question: string,
    vector: Float32Array,
  ): Promise<VectorLiteral>;
  usage(userId: string): Promise<Usage>;
  registerUpload(upload: UploadToRegister): Promise<Registration>;
  /**
   * Counts the user's request, and registers the upload if the rate limit
   * allows.
   */
  countAndRegisterUpload(
    upload: UploadToRegister,
  ): Promise<CountedRegistration>;
  /**
   * Counts the poll of this document, and answers it if the rate limit allows.
   */
  pollStatus(claims: Claims, documentId: string): Promise<PolledStatus>;
  listDocuments(
    claims: Claims,
    listing: DocumentListing,
  ): Promise<ListedDocument[]>;
  /** Null for a document that does not exist or belongs to another user. */
  documentFiles(
    claims: Claims,
    documentId: string,
  ): Promise<DocumentFiles | null>;
  /** False, changing nothing, if the user has no such document. */
  deleteDocument(
    userId: string,
    documentId: string,
    origin: Origin,
  ): Promise<boolean>;
  deleteDocuments(userId: string, origin: Origin): Promise<void>;
  /** Records that the user agrees to this version of the terms. */
  recordConsent(
    userId: string,
    consentVersion: string,
    origin: Origin,
  ): Promise<RecordedConsent>;
  /** Null if the user has agreed to no version. */
  consent(userId: string): Promise<Consent | null>;
  /**
   * Null if the user's password proves identity now; else, since it was changed
   * recently, the time from which it does.
   */
  passwordProvesFrom(userId: string): Promise<Date | null>;
  /** The proof of identity that deleting the account requires. */
  proofDemanded(userId: string): Promise<ProofDemanded>;
  /** Starts a reparse of pages of the user's document. */
  reparseDocument(request: ReparseRequest): Promise<Reparse>;
  /** The rows of tables that an export contains unchanged. */
  exportedTables(): Promise<string[]>;
  exportedRows(
    userId: string,
    table: string,
    after: string | null,
    limit: number,
  ): Promise<ExportedRow[]>;
  exportedDocuments(
    claims: Claims,
    after: string | null,
    limit: number,
  ): Promise<ExportedDocument[]>;
  exportedEvents(claims: Claims, documentId: string): Promise<ExportedEvent[]>;
  exportedChunks(
    claims: Claims,
    documentId: string,
    after: number,
    limit: number,
  ): Promise<ExportedChunk[]>;
  /** Null for a job that does not exist or belongs to another user. */
  job(claims: Claims, jobId: string): Promise<Job | null>;
  jobs(
    claims: Claims,
    listing: JobListing,
  ): Promise<{ jobs: Job[]; total: number }>;
  retryJob(userId: string, jobId: string, origin: Origin): Promise<Retried>;
  searchChunks(claims: Claims, search: ChunkSearch): Promise<FoundChunks>;
  /** @param timeoutMs time-out in milliseconds */
  health(timeoutMs: number): Promise<Health>;
  metricSamples(): Promise<Sample[]>;
}

export function createApiQueries(sql: Pool): ApiQueries {
  // One statement counts and answers a poll; the request has no earlier
  // statement. The same holds for an upload.
  const interactive = sql.at("interactive");
  const bulk = sql.at("bulk");
  return {
    limits: () => limits(sql),
    monthlyBudget: (userId) => monthlyBudget(sql, userId),
    mayEmbedQuestion: (userId) => mayEmbedQuestion(sql, userId),
    recordQuestion: (userId, model, tokens) =>
      recordQuestion(sql, userId, model, tokens),
    questionVector: (userId, question) => questionVector(sql, userId, question),
    keepQuestionVector: (userId, question, vector) =>
      keepQuestionVector(sql, userId, question, vector),
    usage: (userId) => usage(sql, userId),
    registerUpload: (upload) => registerUpload(bulk, upload),
    countAndRegisterUpload: (upload) => countAndRegisterUpload(bulk, upload),
    pollStatus: (claims, id) => pollStatus(interactive, claims, id),
    listDocuments: (claims, listing) => listDocuments(sql, claims, listing),
    documentFiles: (claims, id) => documentFiles(sql, claims, id),
    deleteDocument: (userId, id, origin) =>
      deleteDocument(sql, userId, id, origin),
    deleteDocuments: (userId, origin) => deleteDocuments(sql, userId, origin),
    recordConsent: (userId, version, origin) =>
      recordConsent(sql, userId, version, origin),
    consent: (userId) => consent(sql, userId),
    passwordProvesFrom: (userId) => passwordProvesFrom(sql, userId),
    proofDemanded: (userId) => proofDemanded(sql, userId),
    reparseDocument: (request) => reparseDocument(bulk, request),
    exportedTables: () => exportedTables(bulk),
    exportedRows: (userId, table, after, limit) =>
      exportedRows(bulk, userId, table, after, limit),
    exportedDocuments: (claims, after, limit) =>
      exportedDocuments(bulk, claims, after, limit),
    exportedEvents: (claims, id) => exportedEvents(bulk, claims, id),
    exportedChunks: (claims, id, after, limit) =>
      exportedChunks(bulk, claims, id, after, limit),
    job: (claims, id) => job(sql, claims, id),
    jobs: (claims, listing) => jobs(sql, claims, listing),
    retryJob: (userId, id, origin) => retryJob(sql, userId, id, origin),
    searchChunks: (claims, search) => searchChunks(sql, claims, search),
    health: (timeoutMs) => health(sql, timeoutMs),
    metricSamples: () => metricSamples(sql),
  };
}
