import { Fault, invalidKey } from "./faults.ts";

/** Where an object lives: its bucket's id and its name within it. */
export interface ObjectKey {
  bucket: string;
  name: string;
}

/** S3's limit, which hosted Storage shares; in UTF-8 bytes, and only ASCII is allowed anyway. */
const MAX_NAME_LENGTH = 1024;
const MAX_BUCKET_LENGTH = 63;

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

/** Stricter than hosted in one point: a segment may not be empty, `.` or `..`, which no client library produces. */
export function checkObjectName(name: unknown): string {
  if (typeof name !== "string") throw invalidKey(String(name));
  const segments = name.split("/");
  const odd = segments.some((part) =>
    part === "" || part === "." || part === ".."
  );
  if (name.length > MAX_NAME_LENGTH || !NAME.test(name) || odd) {
    throw invalidKey(name);
  }
  return name;
}

export function objectKey(bucket: unknown, name: unknown): ObjectKey {
  return { bucket: checkBucketName(bucket), name: checkObjectName(name) };
}

/** The key in a URL path: `{bucket}/{name}`, percent-encoded or not. */
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
