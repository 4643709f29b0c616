/** A row of a document's history, as `document_history` answers it. */
export interface Moment {
  at: string;
  kind: string;
  what: string;
  stage: string | null;
  code: string | null;
  /** When an attempt ended. */
  until: string | null;
}

/** What a document did in a span of time. `provider`: LlamaParse had it; `upload`: its owner had yet to send it. */
export type SpanKind = "upload" | "waiting" | "running" | "provider";

export interface Span {
  kind: SpanKind;
  /** Milliseconds since 1970. */
  from: number;
  to: number;
  /** The number of a running span's attempt in this visit of the stage. */
  attempt?: number;
  /** How a running span ended, or why a waiting one began: an error code. */
  code?: string;
  /** It has not ended. */
  isOpen?: boolean;
}

/** The time in one stage; a stage that was entered again has a second one. */
export interface StageTime {
  stage: string;
  spans: Span[];
}

/** From the arrival of a document, a redrive, a reparse or a re-chunk to the end that followed it. */
export interface Round {
  from: number;
  to: number;
  stages: StageTime[];
  /** The status that ended it; undefined while it is in work. */
  ending?: string;
}

/** The stage that a status belongs to; where an event names one, that is taken instead. */
const STAGE_OF: Record<string, string> = {
  awaiting_upload: "upload",
  uploaded: "parse",
  parse_queued: "fetch_result",
  parsed: "fetch_result",
  parse_validated: "chunk",
  chunking: "chunk",
  chunks_stored: "chunk",
  embedding_queued: "embed",
  embedding_in_progress: "embed",
  embeddings_stored: "embed",
};
const ENDINGS = ["complete", "duplicate", "expired", "failed_parse", "failed_chunking", "failed_embedding"];

interface Visit {
  stage: string;
  from: number;
  to: number;
  isOpen: boolean;
}

/** Sorts a document's history into its rounds, and each of these into what took the time in every stage. */
export function waterfallOf(moments: Moment[], now: number): Round[] {
  const rounds: Round[] = [];
  let visits: Visit[] = [];
  let current: Visit | undefined;
  const end = (at: number, ending?: string) => {
    if (visits.length === 0) return;
    rounds.push({
      from: visits[0].from,
      to: at,
      stages: visits.map((visit) => ({ stage: visit.stage, spans: spansOf(visit, moments) })),
      ...ending && { ending },
    });
    visits = [];
    current = undefined;
  };

  for (const { at, kind, what } of moments) {
    if (kind !== "status") continue;
    const time = Date.parse(at);
    if (current) current.to = time;
    if (ENDINGS.includes(what)) {
      end(time, what);
      continue;
    }
    const stage = STAGE_OF[what];
    if (!stage || stage === current?.stage) continue;
    current = { stage, from: time, to: time, isOpen: false };
    visits.push(current);
  }
  if (current) {
    current.to = Math.max(now, current.from);
    current.isOpen = true;
    end(current.to);
  }
  return rounds;
}

function spansOf({ stage, from, to, isOpen }: Visit, moments: Moment[]): Span[] {
  if (stage === "upload") return [{ kind: "upload", from, to, ...isOpen && { isOpen } }];
  const attempts = moments.filter((moment) =>
    moment.kind === "attempt" && moment.stage === stage && within(moment, from, to) &&
    // The attempt that continued inline began with the visit, the next stage's with its end.
    (isOpen || Date.parse(moment.at) < to)
  );
  const provider = stage === "fetch_result" ? parserSpan(from, to, isOpen, moments, attempts) : undefined;
  const spans: Span[] = [];
  let reached = from;
  let code: string | undefined;
  const wait = (until: number) => {
    if (until <= reached) return;
    // After an error the document waits for its next attempt, whatever the parser does meanwhile.
    if (code) spans.push({ kind: "waiting", from: reached, to: until, code });
    else spans.push(...split({ kind: "waiting", from: reached, to: until }, provider));
  };
  for (const attempt of attempts) {
    const began = Math.max(Date.parse(attempt.at), reached);
    const ended = attempt.until ? Math.min(Date.parse(attempt.until), to) : to;
    wait(began);
    code = attempt.code ?? undefined;
    spans.push({
      kind: "running",
      from: began,
      to: Math.max(ended, began),
      attempt: attempts.indexOf(attempt) + 1,
      ...code && { code },
      ...!attempt.until && { isOpen: true },
    });
    reached = Math.max(ended, began);
  }
  if (isOpen && spans.at(-1)?.isOpen) return spans;
  wait(to);
  const last = spans.at(-1);
  if (isOpen && last) last.isOpen = true;
  return spans;
}

/** LlamaParse has the document from its submission until its final callback or until its result is fetched. */
function parserSpan(from: number, to: number, isOpen: boolean, moments: Moment[], attempts: Moment[]): Span {
  const callback = moments.find((moment) =>
    moment.kind === "callback" && !/pending|running/.test(moment.what) && within(moment, from, to)
  );
  const fetched = attempts.findLast(({ until }) => until && Date.parse(until) >= to) ?? attempts.at(-1);
  const ends = [callback?.at, isOpen ? undefined : fetched?.at].filter((at) => at !== undefined).map(Date.parse);
  return { kind: "provider", from, to: Math.min(to, ...ends) };
}

/** What of a wait the provider took, and what was left. */
function split(wait: Span, provider: Span | undefined): Span[] {
  if (!provider || provider.to <= wait.from) return [wait];
  const to = Math.min(wait.to, provider.to);
  return [{ ...wait, kind: "provider", to }, ...to < wait.to ? [{ ...wait, from: to }] : []];
}

function within({ at }: Moment, from: number, to: number): boolean {
  const time = Date.parse(at);
  return time >= from && time <= to;
}

export interface StageSum {
  stage: string;
  attempts: number;
  /** Milliseconds by what they were spent on. */
  spent: Record<SpanKind, number>;
}

/** What each stage of a round took; the same stage twice is one row. */
export function sumsOf({ stages }: Round): StageSum[] {
  const sums = new Map<string, StageSum>();
  for (const { stage, spans } of stages) {
    const sum = sums.get(stage) ??
      { stage, attempts: 0, spent: { upload: 0, waiting: 0, running: 0, provider: 0 } };
    sums.set(stage, sum);
    for (const { kind, from, to } of spans) {
      sum.spent[kind] += to - from;
      if (kind === "running") sum.attempts++;
    }
  }
  return [...sums.values()];
}
