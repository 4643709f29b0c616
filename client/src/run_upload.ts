import type { SupabaseClient } from "@supabase/supabase-js";
import { reasonOf, throwIfAborted } from "./abort.ts";
import { callApi, documentRoute } from "./call_api.ts";
import { type CheckedFile, checkFile } from "./checked_file.ts";
import { deferred } from "./deferred.ts";
import { isOffline, onNetwork, whenOnline } from "./network.ts";
import { createObservable } from "./observable.ts";
import { pause } from "./pause.ts";
import { asPipelineError, PipelineError } from "./pipeline_error.ts";
import type { Announcement, AwaitedDocument, Registration } from "./register.ts";
import type { SameFile } from "./same_file.ts";
import { LARGE_FILE_BYTES, sendFile, type UploadWays } from "./send_file.ts";
import { type Session, sessionExpired, sessionOf, userChanged } from "./session.ts";
import type { Slots } from "./slots.ts";
import type { Uploaded } from "./upload.ts";
import type { UploadSnapshot, UploadTask, UploadTaskOptions, UploadWait } from "./upload_task.ts";

/** How long a task tries what may succeed later. */
export interface RetryPolicy {
  /** Before each further attempt in a row that sends nothing new, in milliseconds. */
  delaysMs: readonly number[];
  /** If the API asks for a longer one, the task fails, in seconds. */
  longestDelaySeconds: number;
  /** Whether a task waits for as long as the browser is offline. */
  waitsForNetwork: boolean;
}

/** What tasks share. */
export interface TaskContext {
  supabase: SupabaseClient;
  ways: UploadWays;
  sameFile: SameFile;
  retryPolicy: RetryPolicy;
  /** The limit, if this client knows it already. */
  maxFileBytes(): number | null;
  /** Asks for the limit, before a large file is read in vain. */
  askMaxFileBytes?(): Promise<number>;
  register(announcement: Announcement, session: Session | null): Promise<Registration>;
  /**
   * Called before a task waits for its slot to send, so that it can be registered together with others. Its end returns
   * what came of that, and must be called.
   */
  announce?(announcement: Announcement): { end(): Promise<Registration | null> | null };
  /** Whose files are read, one at a time. */
  hashing: Slots;
  /** The slots to send in. */
  sending: Slots;
  /** Whether the error concerns other files too, so that the batch pauses them, and this one. */
  pausesAll?(error: PipelineError): boolean;
}

/** A task that can also be ended so that what is registered remains. */
export interface RunningTask extends UploadTask {
  stop(reason: unknown): void;
  /** Pauses it, and says why. */
  pauseFor(error: PipelineError | null): void;
}

/** A registration's URL may expire before the bytes are sent when it is older. It is valid for two hours. */
const URL_TRUSTED_MS = 60 * 60 * 1000;

const DELETION_DELAYS_MS = [500, 1_000, 2_000, 4_000];

/** Of a file that cannot be sent any more, so that what it registered is of no use. */
const UNUSABLE_FILE = ["file_changed", "file_unreadable"];

let taskCount = 0;

/** Begins to upload a file. */
export function createTask(
  context: TaskContext,
  file: Blob | Uint8Array,
  options: UploadTaskOptions,
): RunningTask {
  const { supabase, sameFile, retryPolicy } = context;
  const id = `upload-${++taskCount}`;
  // A copy, if it is an array, which its owner may change.
  const blob = file instanceof Blob ? file : new Blob([file as Uint8Array<ArrayBuffer>]);
  const filename = options.filename ?? (file instanceof File ? file.name : undefined);
  const cell = createObservable<UploadSnapshot>({
    id,
    filename: filename ?? "",
    state: "waiting",
    waitingFor: "turn",
    progress: { hashed: 0, sent: 0, total: blob.size },
    documentId: null,
    uploaded: null,
    error: null,
  });

  let checked: CheckedFile | null = null;
  let userId: string | null = null;
  let registered: AwaitedDocument & { sha256: string } | null = null;
  let failures = 0;
  let mostSent = 0;

  let isPaused = false;
  /** The network was lost while bytes were sent. */
  let isCut = false;
  let ending: { reason: unknown } | null = null;
  let control = new AbortController();
  let wake = () => {};
  let outcome = deferred<Uploaded>();
  let running: Promise<void>;
  let aborting: Promise<void> | undefined;

  function update(change: Partial<UploadSnapshot>): void {
    const next = { ...cell.get(), waitingFor: null, ...change };
    cell.set(ending ? { ...next, state: "aborted", waitingFor: null } : next);
  }

  function progress(change: Partial<UploadSnapshot["progress"]>): void {
    update({ progress: { ...cell.get().progress, ...change } });
  }

  /** Breaks off what is being waited for. */
  function interrupt(): void {
    control.abort();
    wake();
  }

  async function untilResumed(): Promise<void> {
    while (isPaused && !ending) await new Promise<void>((resolve) => wake = resolve);
    if (ending) throw ending.reason;
    control = new AbortController();
    isCut = false;
  }

  async function run(): Promise<Uploaded> {
    for (;;) {
      await untilResumed();
      const { signal } = control;
      const held: (() => void)[] = [];
      try {
        const uploaded = await attempt(signal, held);
        if (!ending) return uploaded;
      } catch (error) {
        for (const giveBack of held.splice(0).reverse()) giveBack();
        if (ending || isPaused) continue;
        if (isCut) await recover(connectionLost(error));
        else if (!signal.aborted) await recover(error);
      } finally {
        for (const giveBack of held.reverse()) giveBack();
      }
    }
  }

  async function attempt(signal: AbortSignal, held: (() => void)[]): Promise<Uploaded> {
    await currentSession();
    checked ??= await hash(signal);
    const { sha256 } = checked;
    const announcement: Announcement = {
      filename: filename!,
      bytes_len: checked.size,
      mime: options.mime ?? blob.type,
      sha256,
      ocr: options.ocr ?? false,
      policy_id: options.policyId,
    };
    held.push(await take(sameFile.slotOf(sha256), "same_file", signal));
    const announced = context.announce?.(announcement);
    let registration: Registration | null | undefined;
    try {
      held.push(await take(context.sending, "turn", signal));
    } finally {
      registration = await announced?.end();
      if (registration) keep(registration, sha256);
    }
    throwIfAborted(signal);

    if (!registration || isOld(registration)) {
      update({ state: "registering", error: null });
      registration = await context.register(announcement, await currentSession());
    }
    const before = registered?.documentId;
    keep(registration, sha256);
    if (registration.duplicateOf !== undefined) {
      const { duplicateOf: documentId } = registration;
      // The upload that seemed interrupted has arrived after all.
      return before === documentId
        ? { duplicate: false, documentId, jobId: registered!.jobId }
        : { duplicate: true, documentId };
    }
    throwIfAborted(signal);
    await send(checked, registration.signedUrl, signal);
    return { duplicate: false, documentId: registration.documentId, jobId: registration.jobId };
  }

  function keep(registration: Registration, sha256: string): void {
    if (registration.duplicateOf !== undefined) return;
    registered = { ...registration, sha256 };
    sameFile.own(sha256, id);
    update({ documentId: registration.documentId });
  }

  /** Makes sure that a file goes to the user who added it. */
  async function currentSession(): Promise<Session | null> {
    const session = await sessionOf(supabase);
    userId ??= session?.userId ?? null;
    if (userId === null || session?.userId === userId) return session;
    if (!session) throw sessionExpired(undefined);
    throw userChanged();
  }

  async function hash(signal: AbortSignal): Promise<CheckedFile> {
    if (filename === undefined) throw new TypeError("A file without a name needs the option `filename`.");
    const max = context.maxFileBytes() ?? (blob.size > LARGE_FILE_BYTES ? await context.askMaxFileBytes?.() : null);
    if (typeof max === "number" && blob.size > max) {
      throw new PipelineError("file_too_large", `The file is larger than ${max} bytes.`, {
        details: { max_file_bytes: max },
      });
    }
    const giveBack = await take(context.hashing, "turn", signal);
    try {
      update({ state: "hashing" });
      return await checkFile(blob, (hashed) => {
        throwIfAborted(signal);
        progress({ hashed });
      });
    } finally {
      giveBack();
    }
  }

  async function take(slots: Slots, waitingFor: UploadWait, signal: AbortSignal): Promise<() => void> {
    throwIfAborted(signal);
    const slot = slots.tryTake();
    if (slot) return slot;
    update({ state: "waiting", waitingFor });
    const taken = await slots.take(signal);
    if (!signal.aborted) return taken;
    taken();
    throw reasonOf(signal);
  }

  async function send(checked: CheckedFile, signedUrl: string, signal: AbortSignal): Promise<void> {
    update({ state: "sending", error: null, progress: { ...cell.get().progress, sent: 0 } });
    const stopListening = onNetwork("offline", () => {
      isCut = true;
      interrupt();
    });
    try {
      await sendFile(context.ways, blob, checked, signedUrl, {
        signal,
        onProgress: ({ sentBytes }) => {
          if (signal.aborted) return;
          if (sentBytes > mostSent) failures = 0;
          mostSent = Math.max(mostSent, sentBytes);
          progress({ sent: sentBytes });
        },
      });
      progress({ sent: checked.size });
    } finally {
      stopListening();
    }
  }

  /** Waits until another attempt makes sense. Throws the error if none does. */
  async function recover(error: unknown): Promise<void> {
    if (!(error instanceof PipelineError)) throw error;
    if (context.pausesAll?.(error)) return;
    const { signal } = control = new AbortController();
    const isNetworkError = error.code === "network_error";
    if (isNetworkError && retryPolicy.waitsForNetwork && isOffline()) {
      update({ state: "waiting", waitingFor: "network", error });
      return await unlessAborted(whenOnline(signal), signal);
    }
    const mayPass = error.isTransient || isExpiredUrl(error);
    const delayMs = retryPolicy.delaysMs[failures++];
    const askedSeconds = error.retryAfter ?? 0;
    if (!mayPass || delayMs === undefined || askedSeconds > retryPolicy.longestDelaySeconds) throw error;
    update({ state: "waiting", waitingFor: isNetworkError ? "network" : "retry", error });
    const stopListening = isNetworkError ? onNetwork("online", interrupt) : undefined;
    try {
      await unlessAborted(pause(Math.max(askedSeconds * 1000, delayMs), signal), signal);
    } finally {
      stopListening?.();
    }
  }

  function isExpiredUrl({ code }: PipelineError): boolean {
    return code === "upload_refused" && registered !== null && isOld(registered);
  }

  async function fail(error: unknown): Promise<void> {
    if (error instanceof PipelineError && UNUSABLE_FILE.includes(error.code)) {
      checked = null;
      await removeRegistration();
    }
    update({ state: "failed", error: asPipelineError(error) });
    outcome.reject(error);
  }

  /** Deletes the document that awaits bytes which will not come, unless another task sends them. */
  async function removeRegistration(): Promise<PipelineError | null> {
    if (!registered || !sameFile.isOwner(registered.sha256, id)) return null;
    const error = await deleteDocument(registered.documentId);
    if (error) return error;
    registered = null;
    update({ documentId: null });
    return null;
  }

  async function deleteDocument(documentId: string): Promise<PipelineError | null> {
    for (let attempt = 0;; attempt++) {
      let error: PipelineError;
      try {
        const answer = await callApi(supabase, documentRoute(documentId), {
          method: "DELETE",
          session: await currentSession(),
        });
        if (answer.ok || answer.error.code === "document_not_found") return null;
        error = answer.error;
      } catch (thrown) {
        error = asPipelineError(thrown);
      }
      const delayMs = DELETION_DELAYS_MS[attempt];
      if (!error.isTransient || delayMs === undefined) return error;
      await pause(delayMs);
    }
  }

  function start(): void {
    failures = 0;
    running = run().then((uploaded) => {
      update({ state: "done", uploaded, error: null });
      outcome.resolve(uploaded);
    }, (error) => ending ? undefined : fail(error));
  }

  function end(reason: unknown): void {
    ending = { reason };
    interrupt();
    update({ error: asPipelineError(reason) });
    outcome.reject(reason);
  }

  function pauseFor(error: PipelineError | null): void {
    const { state } = cell.get();
    if (isPaused || state === "done" || state === "failed" || state === "aborted") return;
    isPaused = true;
    interrupt();
    update({ state: "paused", error });
  }

  start();
  return {
    id,
    file,
    get state() {
      return cell.get().state;
    },
    get progress() {
      return cell.get().progress;
    },
    get result() {
      return outcome.promise;
    },
    pause: () => pauseFor(null),
    pauseFor,
    resume() {
      if (ending) return;
      if (isPaused) {
        isPaused = false;
        update({ state: "waiting", waitingFor: "turn", error: null });
        wake();
      } else if (cell.get().state === "failed") {
        outcome = deferred();
        update({ state: "waiting", waitingFor: "turn", error: null });
        start();
      }
    },
    abort() {
      if (cell.get().state === "done") return Promise.resolve();
      aborting ??= (async () => {
        end(new PipelineError("aborted", "The upload was aborted."));
        await running;
        const error = await removeRegistration();
        if (error) update({ error: notRemoved(error) });
      })();
      return aborting;
    },
    stop: end,
    snapshot: cell.get,
    subscribe: cell.subscribe,
  };
}

function isOld(registration: Registration): boolean {
  return registration.duplicateOf === undefined && performance.now() - registration.at > URL_TRUSTED_MS;
}

/** Waits, and returns early if the signal fires. */
async function unlessAborted(waiting: Promise<void>, signal: AbortSignal): Promise<void> {
  try {
    await waiting;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function connectionLost(cause: unknown): PipelineError {
  return new PipelineError("network_error", "The network was lost while the file was sent.", { cause });
}

function notRemoved(cause: PipelineError): PipelineError {
  const message = "The upload was aborted, but its document could not be deleted. It expires by itself within hours.";
  return new PipelineError("not_removed", message, { status: cause.status ?? undefined, cause });
}
