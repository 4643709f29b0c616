import { createClient } from "@supabase/supabase-js";
import { createPipelineClient, type Passage } from "../../../client/src/index.ts";
import { resumableUploads } from "../../../client/src/resumable.ts";
import { DemoError, step } from "./failure.ts";
import { followToEnd } from "./follow.ts";
import { openHistory } from "./history.ts";
import { emphasise, formatSeconds, type Screen } from "../terminal/screen.ts";

/** The number of passages in the demo's search. */
const PASSAGES = 3;
/** Passages with a lower score appear only because nothing is nearer (docs/using/searching.md). */
export const WEAK_SCORE = 0.3;
const REQUEST_TIMEOUT_MS = 60_000;

export interface DemoDocument {
  filename: string;
  bytes: Uint8Array;
}

export interface DemoOptions {
  /** The project's URL, without a path. */
  url: string;
  publishableKey: string;
  file: DemoDocument;
  question: string;
  out: Screen;
  /** Ends the demo early. */
  signal: AbortSignal;
}

/** The result of the demo: a user with a searchable document. */
export interface DemoResult {
  email: string;
  password: string;
  documentId: string;
}

/**
 * Processes one PDF from upload to an answer, as a new user and through the public API only, and shows every step.
 * @throws {DemoError} when a step fails
 */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const { file, question, out, signal } = options;
  const supabase = createClient(options.url, options.publishableKey, {
    auth: { persistSession: false, autoRefreshToken: false },
    global: { fetch: fetchUntil(signal) },
  });
  const pipeline = createPipelineClient(supabase, {
    sendLargeFile: resumableUploads(),
  });

  out.heading(`From upload to an answer: ${file.filename}`);
  const user = newUser();
  const { data, error } = await supabase.auth.signUp(user);
  signal.throwIfAborted();
  if (error) {
    throw new DemoError(`Signing up failed: ${error.message}`, {
      cause: error,
    });
  }
  if (!data.session) {
    throw new DemoError("Signing up failed: the address must be confirmed");
  }
  out.row("Signed up", `${user.email}, a new user`);

  const { documentId } = await step(
    "Uploading the document",
    () => pipeline.upload(file.bytes, { filename: file.filename, signal }),
  );
  out.row("Registered", `document ${documentId}`);
  out.row("Sent", `${formatBytes(file.bytes.byteLength)} to its signed URL`);

  out.blank();
  const seconds = await followToEnd(
    pipeline,
    openHistory(supabase, signal),
    documentId,
    out,
    signal,
  );
  out.blank();
  out.text(`Searchable ${formatSeconds(seconds)} after it was registered.`);

  out.heading(`Question: ${question}`);
  const { results, degraded } = await step(
    "Searching",
    () => pipeline.search(question, { k: PASSAGES, signal }),
  );
  if (degraded) {
    out.text("The embedder is unavailable; only words were compared.");
  }
  showPassages(results, out);
  return { ...user, documentId };
}

/** Limits every call to the demo's duration, and to a minute. */
function fetchUntil(signal: AbortSignal): typeof fetch {
  return (input, init) =>
    fetch(input, {
      ...init,
      signal: AbortSignal.any([
        signal,
        AbortSignal.timeout(REQUEST_TIMEOUT_MS),
        ...(init?.signal ? [init.signal] : []),
      ]),
    });
}

function showPassages(passages: Passage[], out: Screen): void {
  if (passages.length === 0) {
    out.text("No passage of the document answers the question.");
    return;
  }
  const doubt = doubtAbout(passages);
  if (doubt) out.text(doubt);
  passages.forEach((passage, index) => {
    const page = passage.page ? `, page ${passage.page}` : "";
    out.passage(index + 1, {
      source: passage.filename + page,
      score: passage.score,
      path: passage.heading_path.join(" > "),
      text: withoutOpeningHeadings(
        emphasise(passage.content, passage.highlights),
      ),
    });
  });
}

/** Says so if even the best passage has little to do with the question; undefined otherwise. */
export function doubtAbout(passages: Pick<Passage, "score">[]): string | undefined {
  const best = Math.max(...passages.map(({ score }) => score));
  if (best >= WEAK_SCORE) return undefined;
  return `No passage answers the question well: below ${WEAK_SCORE}, passages appear only because nothing is nearer.`;
}

/**
 * Removes the headings at a chunk's beginning, which its path already names.
 */
export function withoutOpeningHeadings(markdown: string): string {
  return markdown.replace(/^(?:#{1,6} [^\n]*(?:\n|$)|\s*\n)+/, "");
}

/** example.com is reserved, and has no mailboxes. */
function newUser(): Pick<DemoResult, "email" | "password"> {
  const digits = crypto.randomUUID();
  return {
    email: `demo-${digits.slice(0, 8)}@example.com`,
    password: `demo-${digits.slice(9)}`,
  };
}

/** `812 bytes`, `50 kB`, `2.4 MB`; decimal units. */
export function formatBytes(count: number): string {
  if (count < 1000) return `${count} bytes`;
  if (count < 999_500) return `${Math.round(count / 1000)} kB`;
  return `${(count / 1_000_000).toFixed(1)} MB`;
}
