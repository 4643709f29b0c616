/** The fields and parameters of requests, as a person would call them; `name[]` stands for an item of a list. */
export const FIELD_NAMES: Record<string, string> = {
  "Idempotency-Key": "The idempotency key",
  after: "The document to continue after",
  bytes_len: "The file's size in bytes",
  consent_timestamp: "The time of the consent",
  consent_version: "The version of the terms",
  cursor: "The cursor",
  document_id: "The document's id",
  document_ids: "The list of documents",
  "document_ids[]": "A document's id",
  documents: "The list of files",
  "documents[]": "An entry of the list of files",
  email: "The email address",
  expand: "The number of neighbouring passages",
  explain: "The choice of an explanation",
  file: "The file",
  filename: "The file's name",
  job_id: "The job's id",
  k: "The number of passages",
  language: "The question's language",
  limit: "The number of items on a page",
  max_per_document: "The number of passages from one document",
  meaning: "The weight of the meaning",
  mime: "The file's type",
  min_score: "The lowest score",
  min_similarity: "The lowest similarity",
  mode: "The mode of the search",
  name: "The name",
  ocr: "The choice of text recognition",
  offset: "The number of items to skip",
  order: "The direction of the order",
  pages: "The choice of pages",
  "pages[]": "A page's number",
  password: "The password",
  policy_id: "Your own reference",
  q: "The part of the file name",
  query: "The question",
  refresh_token: "The refresh token",
  sha256: "The file's SHA-256 digest",
  sort: "The order of the list",
  state: "The state",
  status: "The status",
  variant: "The variant of the file",
  weights: "The weights",
  words: "The weight of the words",
};

/** A sentence about a field: `The file's size in bytes (`bytes_len`) must be more than 0.` */
export function sentenceAbout(path: readonly PropertyKey[], about: string): string {
  if (path.length === 0) return `The request ${about}.`;
  const name = nameOf(path);
  const field = path.join(".");
  return name ? `${name} (\`${field}\`) ${about}.` : `The field \`${field}\` ${about}.`;
}

function nameOf(path: readonly PropertyKey[]): string | undefined {
  const last = String(path.at(-1));
  if (path.length > 1 && /^\d+$/.test(last)) return FIELD_NAMES[`${String(path.at(-2))}[]`];
  return Object.hasOwn(FIELD_NAMES, last) ? FIELD_NAMES[last] : undefined;
}
