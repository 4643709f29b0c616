import type { DocumentPage, DocumentStatus, SearchAnswer } from "../../answers.ts";
import type { LiveHandlers, LiveState, LiveSubscription } from "../../live.ts";
import type { ListOptions, PipelineClient, SearchOptions } from "../../pipeline_client.ts";

/** A call that the test answers. */
export interface Call<Options, Answer> {
  options: Options;
  signal: AbortSignal | undefined;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

type Calls<Options, Answer> = Call<Options, Answer>[];

/** A client whose answers, users and live events the test decides. */
export class FakePipeline {
  readonly lists: Calls<ListOptions, DocumentPage> = [];
  readonly statuses: Calls<{ documentId: string }, DocumentStatus> = [];
  readonly searches: Calls<SearchOptions & { query: string }, SearchAnswer> = [];
  readonly actions: unknown[][] = [];
  readonly subscriptions: (LiveSubscription & { handlers: LiveHandlers; isClosed: boolean })[] = [];
  readonly userListeners = new Set<(userId: string | null) => void>();
  userId: string | null = "user-1";
  /** Thrown by the next action. */
  refusal: Error | null = null;

  readonly client = this as unknown as PipelineClient;

  onUser(listener: (userId: string | null) => void): () => void {
    this.userListeners.add(listener);
    Promise.resolve().then(() => this.userListeners.has(listener) && listener(this.userId));
    return () => this.userListeners.delete(listener);
  }

  signInAs(userId: string | null): void {
    this.userId = userId;
    for (const listener of this.userListeners) listener(userId);
  }

  subscribe = (handlers: LiveHandlers): LiveSubscription => {
    const subscription = {
      handlers,
      isClosed: false,
      state: "connecting" as LiveState,
      close() {
        subscription.isClosed = true;
      },
    };
    this.subscriptions.push(subscription);
    return subscription;
  };

  /** The handlers of the subscription that is open. */
  get live(): LiveHandlers {
    const open = this.subscriptions.filter(({ isClosed }) => !isClosed);
    if (open.length !== 1) throw new Error(`${open.length} subscriptions are open`);
    return open[0].handlers;
  }

  documents({ signal, ...options }: ListOptions = {}): Promise<DocumentPage> {
    return this.#call(this.lists, options, signal);
  }

  status(documentId: string, { signal }: { signal?: AbortSignal } = {}): Promise<DocumentStatus> {
    return this.#call(this.statuses, { documentId }, signal);
  }

  search(query: string, { signal, ...options }: SearchOptions = {}): Promise<SearchAnswer> {
    return this.#call(this.searches, { query, ...options }, signal);
  }

  remove = (id: string) => this.#act("remove", id);
  retry = (id: string) => this.#act("retry", id);
  reparse = (id: string, options: unknown) => this.#act("reparse", id, options);
  downloadUrl = async (id: string, options: unknown) => {
    await this.#act("downloadUrl", id, options);
    return { url: `https://files.example/${id}` };
  };

  #act(...action: unknown[]): Promise<void> {
    this.actions.push(action);
    const { refusal } = this;
    this.refusal = null;
    return refusal ? Promise.reject(refusal) : Promise.resolve();
  }

  #call<Options, Answer>(calls: Calls<Options, Answer>, options: Options, signal: AbortSignal | undefined) {
    return new Promise<Answer>((resolve, reject) => {
      calls.push({ options, signal, resolve, reject });
      signal?.addEventListener("abort", () => reject(signal.reason));
    });
  }
}

let count = 0;

/** A document of the API, each later than the one before. */
export function documentOf(change: Partial<DocumentStatus> = {}): DocumentStatus {
  const at = new Date(Date.UTC(2026, 10, 1, 10, 0, count++)).toISOString();
  return {
    document_id: `document-${count}`,
    job_id: `job-${count}`,
    filename: `${count}.pdf`,
    filename_full: `${count}.pdf`,
    status: "parse_queued",
    state: "queued",
    progress: { stage_pct: 0, total_pct: 10 },
    created_at: at,
    updated_at: at,
    bytes_len: 1,
    mime: "application/pdf",
    warnings: [],
    ...change,
  };
}

/** The document some time later. */
export function later(document: DocumentStatus, change: Partial<DocumentStatus> = {}, seconds = 600): DocumentStatus {
  const updated_at = new Date(Date.parse(document.updated_at) + seconds * 1000).toISOString();
  return { ...document, updated_at, ...change };
}
