import { toVectorLiteral } from "../../_providers/openai.ts";
import type { App } from "../../_shared/app_context.ts";
import { HttpError } from "../../_shared/errors.ts";
import { createLogger } from "../../_shared/log.ts";
import { createApi } from "../app.ts";
import type { ApiDeps } from "../deps.ts";
import type {
  ApiQueries,
  ChunkSearch,
  DocumentFiles,
  DocumentListing,
  DocumentStatus,
  ExportedChunk,
  ExportedDocument,
  ExportedRow,
  FoundChunks,
  Job,
  JobListing,
  Limits,
  ListedDocument,
  Reparse,
  ReparseRequest,
  Retried,
  UploadToRegister,
} from "../queries.ts";

export const USER = "766e8693-7fd5-465e-9ee4-4a9b3a696480";
export const OTHER_USER = "11111111-2222-4333-8444-555555555555";
export const DOCUMENT = "0b780576-24d4-5f60-a700-b14c08f7da3e";
export const JOB = "99999999-2222-4333-8444-555555555555";
export const RAW_PATH = `user/${USER}/raw/${DOCUMENT}.pdf`;
export const ORIGINAL_PATH = `user/${USER}/original/${DOCUMENT}.pdf`;

export const LIMITS: Limits = {
  max_file_bytes: 100_000,
  max_pages: 200,
  active_documents_per_user: 2,
  uploads_per_user_per_day: 30,
  pages_per_user_per_day: 6000,
  documents_per_user: 1000,
  bytes_per_user: 5_000_000,
  status_polls_per_minute: 10,
  requests_per_user_per_hour: 1000,
  upload_url_seconds: 7200,
  allowed_mime_types: ["application/pdf"],
  required_consent_version: null,
};

/**
 * The API with collaborators in memory, for tests of HTTP alone. A user's token is their id. Calls of the database and
 * Storage are recorded; a test replaces what must answer differently.
 */
export class FakeWorld {
  registered: UploadToRegister[] = [];
  searched: ChunkSearch[] = [];
  /** The results of searches. */
  found: FoundChunks = {
    results: [],
    next: null,
    notices: [],
    explained: null,
  };
  /** Cached vectors of questions, by user and question. */
  questionVectors = new Map<string, string>();
  embedded: string[][] = [];
  /** The recorded costs of questions, and their users. */
  charged: string[] = [];
  stored = new Map<string, Uint8Array>();
  lines: string[] = [];
  /** The owners of documents, by id. */
  documents = new Map<string, { owner: string; status: DocumentStatus }>();
  files = new Map<string, { owner: string; files: DocumentFiles }>();
  jobs = new Map<string, { owner: string; job: Job }>();
  /** The arguments of lists, and the list of documents. */
  listings: DocumentListing[] = [];
  jobListings: JobListing[] = [];
  listed: ListedDocument[] = [];
  /** The content of an export; the chunks by document. */
  exported: ExportedDocument[] = [];
  chunks = new Map<string, ExportedChunk[]>();
  /** And the rows by table. */
  rows = new Map<string, ExportedRow[]>();
  /** The audit entries, one line each. */
  auditEntries: string[] = [];
  /** The requested reparses, and their outcome. */
  reparsed: ReparseRequest[] = [];
  reparse: Reparse = {
    outcome: "accepted",
    jobId: JOB,
    status: "uploaded",
    pages: null,
  };
  /** The outcome of a retry. */
  retried: Retried = { outcome: "retried" };

  queries: ApiQueries = {
    limits: () => Promise.resolve(LIMITS),
    monthlyBudget: () => Promise.resolve(null),
    mayEmbedQuestion: () => Promise.resolve(true),
    recordQuestion: (userId, model, tokens) => {
      this.charged.push(`${userId} ${model} ${tokens}`);
      return Promise.resolve();
    },
    questionVector: (userId, question) =>
      Promise.resolve(
        this.questionVectors.get(`${userId} ${question}`) ?? null,
      ),
    keepQuestionVector: (userId, question, vector) => {
      const kept = toVectorLiteral(vector);
      this.questionVectors.set(`${userId} ${question}`, kept);
      return Promise.resolve(kept);
    },
    usage: () =>
      Promise.resolve({
        documents: 3,
        bytes: 30,
        uploads_today: 1,
        pages_today: 2,
      }),
    registerUpload: (upload) => {
      this.registered.push(upload);
      return Promise.resolve({
        outcome: "created",
        jobId: JOB,
        documentId: DOCUMENT,
        rawPath: RAW_PATH,
        expiresAt: new Date(Date.now() + LIMITS.upload_url_seconds * 1000),
      });
    },
    countAndRegisterUpload: async (upload) => {
      const rateLimit = await this.limiter.consumeRequest(upload.userId);
      const registration = rateLimit.allowed ? await this.queries.registerUpload(upload) : null;
      return { rateLimit, registration };
    },
    pollStatus: async (claims, id) => {
      const found = this.documents.get(id);
      const rateLimit = await this.limiter.consumeRequest(claims.sub, id);
      const isAnswered = rateLimit.allowed && found?.owner === claims.sub;
      return { rateLimit, status: isAnswered ? found.status : null };
    },
    listDocuments: (_claims, listing) => {
      this.listings.push(listing);
      return Promise.resolve(this.listed);
    },
    documentFiles: (claims, id) => {
      const found = this.files.get(id);
      return Promise.resolve(found?.owner === claims.sub ? found.files : null);
    },
    deleteDocument: (userId, id) => {
      const owned = this.documents.get(id)?.owner === userId;
      return Promise.resolve(owned && this.documents.delete(id));
    },
    deleteDocuments: (userId) => {
      for (const [id, { owner }] of this.documents) {
        if (owner === userId) this.documents.delete(id);
      }
      return Promise.resolve();
    },
    recordConsent: (userId, version) => {
      this.consents.push(`${userId} ${version}`);
      return Promise.resolve({
        outcome: "recorded",
        consentedAt: new Date("2026-11-01T10:00:00Z"),
        requiredVersion: null,
      });
    },
    consent: () => Promise.resolve(null),
    passwordTrustedFrom: () => Promise.resolve(null),
    requiredProof: () => Promise.resolve({ password: true, secondFactor: false }),
    reparseDocument: (request) => {
      this.reparsed.push(request);
      return Promise.resolve(this.reparse);
    },
    exportedTables: () => Promise.resolve([...this.rows.keys()]),
    exportedRows: (_userId, table, after, limit) =>
      Promise.resolve(
        (this.rows.get(table) ?? [])
          .filter(({ sort_key }) => after === null || sort_key > after)
          .slice(0, limit),
      ),
    exportedDocuments: (_claims, after) =>
      Promise.resolve(
        this.exported.filter(({ document_id }) => after === null || document_id > after).slice(0, 20),
      ),
    exportedEvents: () => Promise.resolve([]),
    exportedChunks: (_claims, id, after, limit) =>
      Promise.resolve(
        (this.chunks.get(id) ?? []).slice(after + 1).slice(0, limit),
      ),
    job: (claims, id) => {
      const found = this.jobs.get(id);
      return Promise.resolve(found?.owner === claims.sub ? found.job : null);
    },
    jobs: (claims, listing) => {
      this.jobListings.push(listing);
      const own = [...this.jobs.values()].filter(({ owner }) => owner === claims.sub).map(({ job }) => job);
      return Promise.resolve({ jobs: own, total: own.length });
    },
    retryJob: (userId, id) => {
      const owned = this.jobs.get(id)?.owner === userId;
      return Promise.resolve(owned ? this.retried : { outcome: "unknown" });
    },
    searchChunks: (_claims, search) => {
      this.searched.push(search);
      return Promise.resolve(this.found);
    },
    health: () =>
      Promise.resolve({
        oldest_message_seconds: 3,
        waiting_messages: 1,
        dead_letter_jobs: 0,
        open_circuits: [],
        migration: "20260101000000",
      }),
    metricSamples: () => Promise.resolve([]),
  };

  metricsSecrets?: readonly string[];

  storage: ApiDeps["storage"] = {
    signUpload: (path) => Promise.resolve({ signedUrl: `https://files.example/${path}?token=t` }),
    put: (path, bytes) => {
      this.stored.set(path, bytes);
      return Promise.resolve();
    },
    get: (path) => Promise.resolve(this.stored.get(path) ?? null),
    signDownload: (path, filename, seconds) =>
      Promise.resolve(
        this.stored.has(path) ? `https://files.example/${path}?for=${seconds}&as=${filename}` : null,
      ),
    signDownloads: (files) =>
      Promise.resolve(
        new Map(
          files.filter(({ path }) => this.stored.has(path)).map((
            { path, filename },
          ) => [path, `https://files.example/${path}?as=${filename}`]),
        ),
      ),
    move: (from, to) => {
      const bytes = this.stored.get(from);
      if (!bytes || this.stored.has(to)) return Promise.resolve(false);
      this.stored.set(to, bytes);
      return Promise.resolve(this.stored.delete(from));
    },
    remove: () => Promise.resolve(),
    check: () => Promise.resolve(),
  };

  embedder: ApiDeps["embedder"] = {
    embed: (texts, _signal, onBilled) => {
      this.embedded.push(texts);
      onBilled?.(texts.length);
      const vectors = texts.map(() => new Float32Array([1, 0, 0]));
      return Promise.resolve({ vectors, tokens: texts.length });
    },
  };

  /** The caller's rate limit in the limiter's next responses. */
  rateLimit = {
    name: "requests_per_user_per_hour",
    allowed: true,
    limit: 1000,
    remaining: 999,
    resetSeconds: 3600,
  };
  /** What was counted, against whom. */
  taken: string[] = [];

  consents: string[] = [];

  limiter: ApiDeps["limiter"] = {
    consumeRequest: (userId, polledId) => {
      this.taken.push(["request", userId, polledId].filter(Boolean).join(" "));
      return Promise.resolve(this.rateLimit);
    },
    consumeAttempt: (kind, address) => {
      this.taken.push(`${kind} ${address}`);
      return Promise.resolve(this.rateLimit);
    },
  };

  /** Responses by key; a running request has none yet. */
  keys = new Map<string, { request: string; answer?: unknown }>();

  prolonged: string[] = [];
  idempotencyKeys: ApiDeps["idempotencyKeys"] = {
    claim: (userId, key, request) => {
      const known = this.keys.get(`${userId} ${key}`);
      if (!known) this.keys.set(`${userId} ${key}`, { request });
      return Promise.resolve(
        !known
          ? { outcome: "claimed" }
          : known.request !== request
          ? { outcome: "reused" }
          : known.answer === undefined
          ? { outcome: "in_use", free_in_seconds: 15 }
          : { outcome: "answered", answer: known.answer },
      );
    },
    prolong: (userId, key) => {
      this.prolonged.push(`${userId} ${key}`);
      return Promise.resolve();
    },
    keep: (userId, key, answer) => {
      this.keys.get(`${userId} ${key}`)!.answer = answer;
      return Promise.resolve();
    },
    release: (userId, key) => {
      this.keys.delete(`${userId} ${key}`);
      return Promise.resolve();
    },
  };

  accounts: ApiDeps["accounts"] = {
    signIn: unexpected,
    signUp: unexpected,
    refresh: unexpected,
    user: unexpected,
    remove: unexpected,
  };

  audit: ApiDeps["audit"] = {
    record: (act, userId, { requestId, network }) => {
      this.auditEntries.push([act, userId, requestId, network].join(" "));
      return Promise.resolve();
    },
    recordSignUp: (userId, version, { requestId, network }) => {
      this.auditEntries.push(
        ["sign_up", userId, version, requestId, network].join(" "),
      );
      return Promise.resolve();
    },
    recordFailedSignIn: (email, code, { requestId, network }) => {
      this.auditEntries.push(
        ["sign_in_failed", email, code, requestId, network].join(" "),
      );
      return Promise.resolve();
    },
  };

  /** The results of passwords, each after its address. */
  passwords: string[] = [];
  signIns: ApiDeps["signIns"] = {
    begin: (email) =>
      Promise.resolve({
        rateLimit: this.rateLimit,
        email,
        userId: null,
        signInNo: null,
      }),
    end: ({ email }, outcome) => {
      this.passwords.push(`${email} ${outcome}`);
      return Promise.resolve();
    },
  };

  api(): App {
    return createApi({
      ...this,
      authenticate: (authorization) => {
        const sub = authorization?.match(/^Bearer (.+)$/)?.[1];
        return sub ? Promise.resolve({ sub, role: "authenticated" }) : Promise.reject(
          new HttpError("unauthorized", { message: "Sign in." }),
        );
      },
      logger: createLogger("api", (line) => this.lines.push(line)),
      version: "1.2.3",
      addressHeader: "cf-connecting-ip",
    });
  }

  /** The lines of the log, including that of the latest response, which is written after it. */
  async logged(): Promise<string[]> {
    await new Promise((resolve) => setTimeout(resolve));
    return this.lines;
  }

  /** A request in JSON, by default the user's. */
  request(
    path: string,
    { json, user = USER, ...init }: RequestInit & {
      json?: unknown;
      user?: string | null;
    } = {},
  ) {
    const headers = new Headers(init.headers);
    if (user) headers.set("authorization", `Bearer ${user}`);
    if (json === undefined) {
      return this.api().request(path, { ...init, headers });
    }
    headers.set("content-type", "application/json");
    const body = JSON.stringify(json);
    return this.api().request(path, { method: "POST", body, headers });
  }
}

function unexpected(): never {
  throw new Error("this test does not expect Auth to be called");
}
