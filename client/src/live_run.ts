import type { SupabaseClient } from "@supabase/supabase-js";
import type { DocumentStatus } from "./answers.ts";
import { Backoff } from "./backoff.ts";
import type { LiveState } from "./live.ts";
import { type ChangeReader, createChangeReader, type Position } from "./live_changes.ts";
import { joinLiveChannel, type LiveChannel } from "./live_channel.ts";
import { type LiveEvent, type LiveMove, moved, needsRow, readLiveEvent } from "./live_event.ts";
import { asPipelineError, PipelineError } from "./pipeline_error.ts";
import { sessionExpired } from "./session.ts";
import { isHidden, onWakeUp } from "./page.ts";
import { onOtherUser, readSessionUser } from "./session_user.ts";

export interface LiveOutput {
  status(status: DocumentStatus): void;
  removed(documentId: string): void;
  state(state: LiveState): void;
  error(error: PipelineError): void;
}

/** While live, changes are looked for as well, in case a broadcast was lost without a later one to show it. */
const CHECK_MS = 60_000;
const REJOIN_MS = { shortest: 1_000, longest: 60_000 };
const LONGEST_POLL_GAP_MS = 15_000;
const POLL_GAP_GROWTH = 1.5;
/** More events than this while reading is late: what they are about is then read. */
const MOST_WAITING_EVENTS = 1_000;

interface Known {
  status: DocumentStatus;
  /** No event up to this number is newer than the status. */
  through: number;
}

/**
 * Follows one user's documents from the start until `stop()`, sign-out, or another user's sign-in.
 *
 * Events are applied in the order of their numbers. Where one is missing, after each join and while there is no channel,
 * what changed is read instead. One task at a time applies or reads, so a document's status never goes back.
 */
export class LiveRun {
  readonly #supabase: SupabaseClient;
  readonly #output: LiveOutput;
  readonly #reader: ChangeReader;
  readonly #known = new Map<string, Known>();
  readonly #rejoin = new Backoff(REJOIN_MS.shortest, REJOIN_MS.longest);
  #pollGap: Backoff;
  #state: LiveState = "connecting";
  #userId: string | undefined;
  #position: Position | undefined;
  #events: LiveEvent[] = [];
  #isReadingDue = true;
  #isWorking = false;
  #channel: LiveChannel | undefined;
  #isJoined = false;
  #isJoining = false;
  #lastError: string | undefined;
  #timers: { rejoin?: Timer; read?: Timer } = {};
  #stopListening: (() => void)[] = [];
  #leaving: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;

  constructor(supabase: SupabaseClient, output: LiveOutput) {
    this.#supabase = supabase;
    this.#output = output;
    this.#reader = createChangeReader(supabase);
    this.#pollGap = this.#newPollGap();
  }

  get state(): LiveState {
    return this.#state;
  }

  start(): void {
    this.#stopListening = [onWakeUp(() => this.#wakeUp())];
    void this.#join();
  }

  /** Ends it, and leaves the channel. May be called again. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#setState("closed");
    for (const stop of this.#stopListening.splice(0)) stop();
    clearTimeout(this.#timers.rejoin);
    clearTimeout(this.#timers.read);
    this.#known.clear();
    this.#events = [];
    const channel = this.#channel;
    this.#channel = undefined;
    await this.#leaving;
    await channel?.leave();
  }

  async #join(): Promise<void> {
    clearTimeout(this.#timers.rejoin);
    if (this.#isJoining || this.#channel || this.#isStopped()) return;
    this.#isJoining = true;
    try {
      // A topic can be joined again when it has been left.
      await this.#leaving;
      const userId = await readSessionUser(this.#supabase);
      if (this.#isStopped()) return;
      if (!this.#isSameUser(userId)) return;
    } finally {
      this.#isJoining = false;
    }
    this.#channel = joinLiveChannel(this.#supabase, this.#userId!, {
      joined: () => {
        this.#isJoined = true;
        this.#rejoin.reset();
        this.#readSoon();
      },
      received: (payload) => this.#receive(payload),
      down: (error, left) => {
        this.#leaving = left;
        this.#fallBack(error);
      },
    });
    // The first reading is ready before the join is.
    if (!this.#position) void this.#work();
  }

  /** Whether to go on. At the first join, the session decides whose run this is. */
  #isSameUser(userId: string | undefined): boolean {
    if (this.#userId === undefined && userId !== undefined) {
      this.#userId = userId;
      this.#stopListening.push(onOtherUser(this.#supabase, userId, () => void this.stop()));
      return true;
    }
    if (userId === this.#userId && userId !== undefined) return true;
    const isFirst = this.#userId === undefined;
    if (userId === undefined) this.#report(sessionExpired());
    // A session that cannot be renewed just now, as while offline, may be renewed later: sign-out has an event.
    if (isFirst || userId !== undefined) void this.stop();
    else this.#fallBack();
    return false;
  }

  #fallBack(error?: PipelineError): void {
    this.#channel = undefined;
    this.#isJoined = false;
    if (this.#isStopped()) return;
    if (error) this.#report(error);
    this.#setState("polling");
    this.#timers.rejoin = setTimeout(() => void this.#join(), this.#rejoin.next());
    this.#readSoon();
  }

  #receive(payload: unknown): void {
    const event = readLiveEvent(payload);
    if (!event) {
      return this.#report(
        new PipelineError("unexpected_answer", "A live message is not as expected.", { details: payload }),
      );
    }
    this.#events.push(event);
    if (this.#events.length > MOST_WAITING_EVENTS) {
      this.#events = [];
      this.#isReadingDue = true;
    }
    void this.#work();
  }

  #readSoon(): void {
    clearTimeout(this.#timers.read);
    this.#isReadingDue = true;
    void this.#work();
  }

  /** A tab that sleeps, or a machine, learns of nothing; its timers run late. */
  #wakeUp(): void {
    if (this.#isStopped()) return;
    this.#rejoin.reset();
    this.#pollGap.reset();
    if (!this.#channel) void this.#join();
    this.#readSoon();
  }

  async #work(): Promise<void> {
    if (this.#isWorking || !this.#userId) return;
    this.#isWorking = true;
    try {
      while (!this.#isStopped() && (this.#isReadingDue || this.#events.length > 0)) {
        if (this.#isReadingDue) await this.#readChanges();
        else await this.#applyEvents();
      }
      this.#lastError = undefined;
      if (this.#isJoined) this.#setState("live");
      else if (!this.#channel) this.#setState("polling");
    } catch (error) {
      this.#isReadingDue = true;
      this.#report(asPipelineError(error));
      if (this.#state === "connecting") this.#setState("polling");
    } finally {
      this.#isWorking = false;
      this.#scheduleReading();
    }
  }

  /** The next reading without a cause. */
  #scheduleReading(): void {
    clearTimeout(this.#timers.read);
    if (this.#isStopped()) return;
    const isLive = this.#isJoined && !this.#isReadingDue;
    const delay = isLive ? CHECK_MS * (0.8 + 0.4 * Math.random()) : this.#pollGap.next();
    this.#timers.read = setTimeout(() => {
      // A hidden tab reads when it is shown again.
      if (!isHidden()) this.#readSoon();
    }, delay);
  }

  async #readChanges(): Promise<void> {
    this.#isReadingDue = false;
    this.#position ??= await this.#reader.start();
    const { statuses, removed, position, through } = await this.#reader.since(this.#position, [...this.#known.keys()]);
    if (this.#isStopped()) return;
    this.#position = position;
    let isNews = false;
    for (const id of removed) isNews = this.#remove(id) || isNews;
    for (const status of statuses) isNews = this.#know(status, through ?? 0) || isNews;
    if (isNews) this.#pollGap = this.#newPollGap();
  }

  async #applyEvents(): Promise<void> {
    const last = this.#position?.eventNo;
    const waiting = this.#events.filter(({ eventNo }) => last === undefined || eventNo > last);
    let next = last === undefined ? waiting[0]?.eventNo : last + 1;
    const run: LiveEvent[] = [];
    while (run.length < waiting.length && waiting[run.length].eventNo === next && waiting[run.length].isComplete) {
      run.push(waiting[run.length]);
      next++;
    }
    this.#events = waiting.slice(run.length);
    if (run.length === 0) {
      // A gap, or a message without room for its documents. After reading, what waits is not missing any more.
      if (waiting.length > 0) await this.#readPast(waiting[0]);
      return;
    }
    await this.#apply(run.flatMap(({ eventNo, moves }) => moves.map((move) => ({ eventNo, move }))));
    this.#position = { ...this.#position!, eventNo: run[run.length - 1].eventNo };
  }

  async #readPast({ eventNo, isComplete }: LiveEvent): Promise<void> {
    await this.#readChanges();
    const reached = isComplete ? eventNo - 1 : eventNo;
    const position = this.#position!;
    this.#position = { ...position, eventNo: Math.max(position.eventNo ?? 0, reached) };
  }

  /** Hands on at once what the messages say; what they do not say is read, and handed on afterwards. */
  async #apply(moves: { eventNo: number; move: LiveMove }[]): Promise<void> {
    const unknown = new Set<string>();
    const incomplete = new Set<string>();
    for (const { eventNo, move } of moves) {
      const id = move.document_id;
      const known = this.#known.get(id);
      if (move.status === "deleted") this.#remove(id);
      else if (!known || unknown.has(id) || eventNo <= known.through) unknown.add(id);
      else {
        this.#know(moved(known.status, move), eventNo);
        if (needsRow(move)) incomplete.add(id);
        else incomplete.delete(id);
      }
    }
    const ids = [...unknown, ...incomplete];
    if (ids.length === 0 || this.#isStopped()) return;
    const { found, missing, through } = await this.#reader.read(ids);
    if (this.#isStopped()) return;
    // A document that is deleted again before it was ever shown has a message of its own.
    for (const id of missing) if (this.#known.has(id)) this.#remove(id);
    for (const status of found) this.#know(status, through ?? 0, incomplete.has(status.document_id));
  }

  /**
   * @param isTimed whether a status that differs in its time alone is news: a message has no time of its own
   * @returns whether it was news
   */
  #know(status: DocumentStatus, through: number, isTimed = false): boolean {
    const id = status.document_id;
    const before = this.#known.get(id)?.status;
    this.#known.set(id, { status, through });
    const isSame = before && textOf(before) === textOf(status);
    if (isSame && !(isTimed && before.updated_at !== status.updated_at)) return false;
    this.#output.status(status);
    return true;
  }

  #remove(id: string): boolean {
    this.#known.delete(id);
    this.#output.removed(id);
    return true;
  }

  #newPollGap(): Backoff {
    const shortest = this.#reader.gapMs;
    return new Backoff(shortest, Math.max(shortest, LONGEST_POLL_GAP_MS), POLL_GAP_GROWTH);
  }

  #isStopped(): boolean {
    return this.#state === "closed";
  }

  #setState(state: LiveState): void {
    if (state === this.#state || this.#isStopped()) return;
    this.#state = state;
    this.#output.state(state);
  }

  /** The same error again, as each poll of an hour offline would give it, is not reported again. */
  #report(error: PipelineError): void {
    if (this.#isStopped() || error.message === this.#lastError) return;
    this.#lastError = error.message;
    this.#output.error(error);
  }
}

type Timer = ReturnType<typeof setTimeout>;

/** Statuses are compared without the time, which messages do not have. */
function textOf(status: DocumentStatus): string {
  const { updated_at: _, ...rest } = status;
  return JSON.stringify(Object.entries(rest).sort(([a], [b]) => a < b ? -1 : 1));
}
