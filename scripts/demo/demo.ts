import { ApiClient, type Passage } from "./api_client.ts";
import { followToEnd } from "./follow.ts";
import { formatSeconds, printable, type Screen } from "./screen.ts";

export { DemoError } from "./api_client.ts";

/** How many passages the demo asks for. */
const PASSAGES = 3;

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

/** What the demo leaves behind: a user, and a document of theirs that can be searched. */
export interface DemoResult {
  email: string;
  password: string;
  documentId: string;
}

/**
 * Takes one PDF from upload to an answer, as a new user and over the public API alone, and shows every step.
 * @throws {DemoError} when a step does not succeed
 */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const { file, question, out, signal } = options;
  const api = new ApiClient(options);

  out.heading(`From upload to an answer: ${printable(file.filename)}`);
  const user = newUser();
  await api.signUp(user.email, user.password);
  await api.logIn(user.email, user.password);
  out.row("Signed up", `${user.email}, a new user`);

  const registration = await api.register(file.filename, file.bytes);
  out.row("Registered", `document ${registration.document_id}`);
  await api.put(registration.signed_url, file.bytes);
  out.row("Sent", `${formatBytes(file.bytes.byteLength)} to its signed URL`);

  out.blank();
  const seconds = await followToEnd(
    api,
    registration.document_id,
    out,
    signal,
  );
  out.blank();
  out.text(`Searchable ${formatSeconds(seconds)} after it was registered.`);

  out.heading(`Question: ${printable(question)}`);
  const { results, degraded } = await api.search(question, PASSAGES);
  if (degraded) {
    out.text("The embedder does not answer; only words were compared.");
  }
  showPassages(results, out);
  return { ...user, documentId: registration.document_id };
}

function showPassages(passages: Passage[], out: Screen): void {
  if (passages.length === 0) {
    out.text("No passage of the document fits the question.");
    return;
  }
  passages.forEach((passage, index) => {
    const page = passage.page ? `, page ${passage.page}` : "";
    out.passage(index + 1, {
      source: printable(passage.filename) + page,
      score: passage.score,
      path: printable((passage.heading_path ?? []).join(" > ")),
      text: withoutOpeningHeadings(passage.content),
    });
  });
}

/** A chunk begins with its headings, which its path has named already. */
export function withoutOpeningHeadings(markdown: string): string {
  return markdown.replace(/^(?:#{1,6} [^\n]*(?:\n|$)|\s*\n)+/, "");
}

/** Example.com is reserved for examples: nobody's mailbox is there. */
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
