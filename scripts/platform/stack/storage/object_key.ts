import { Fault, invalidKey } from "./faults.ts";

/** Where an object lives: its bucket's id and its name within it. */
export interface ObjectKey {
  bucket: string;
  name: string;
}

/** S3's limit, which hosted Storage shares; in UTF-8 bytes, and only ASCII is allowed anyway. */
const MAX_NAME_LENGTH = 1024;
const MAX_BUCKET_LENGTH = 100;

/** The characters that hosted Storage accepts in an object's name; a bucket's name has no slash. */
const NAME = /^[\w/!\-.*'() &$@=;:+,?]+$/;
const BUCKET = /^[\w!\-.*'() &$@=;:+,?]+$/;

export function checkBucketName(bucket: unknown): string {
  if (
    typeof bucket !== "string" || bucket.length > MAX_BUCKET_LENGTH ||
    !BUCKET.test(bucket)
  ) {
    throw new Fault(
      400,
      "InvalidBucketName",
      "Bucket name invalid",
      "Invalid Input",
    );
  }
  return bucket;
}

/**
 * Checks a name under which something is to be stored, as hosted does; hosted checks no name that is signed, read or
 * removed. A name is text: `..` means nothing in it, and row-level security decides whose it is.
 */
export function checkStorable({ name }: ObjectKey): void {
  if (name.length > MAX_NAME_LENGTH || !NAME.test(name)) {
    throw invalidKey(name);
  }
}

/** A text that Postgres can store; `checkStorable` decides whether an object may have it as its name. */
export function readObjectName(name: unknown): string {
  if (typeof name !== "string" || name.includes("\0")) {
    throw invalidKey(String(name));
  }
  return name;
}

export function objectKey(bucket: unknown, name: unknown): ObjectKey {
  return { bucket: checkBucketName(bucket), name: readObjectName(name) };
}

/**
 * The key in a URL path: `{bucket}/{name}`, percent-encoded or not; decoded once, so that `..%2F` is `../` and stays.
 */
export function keyFromPath(encoded: string): ObjectKey {
  const path = decode(encoded);
  const slash = path.indexOf("/");
  if (slash < 0) throw invalidKey(path);
  return objectKey(path.slice(0, slash), path.slice(slash + 1));
}

/** The form in which answers and signed tokens name an object. */
export function fullPath(key: ObjectKey): string {
  return `${key.bucket}/${key.name}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalidKey(text);
  }
}
