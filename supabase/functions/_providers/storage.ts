import { createClient } from "@supabase/supabase-js";
import { StorageError } from "../_shared/errors.ts";
import { withoutRedirects } from "./outbound.ts";

/** The private bucket with every uploaded and every parsed file. */
export const BUCKET = "files";

/**
 * The time-out of every call to Storage; the largest carry a whole document.
 */
const CALL_TIMEOUT_MS = 60_000;

/** The pipeline's own access to its files, bypassing row-level security. Paths are relative to the bucket. */
export interface Storage {
  /** A URL to which the file may be PUT within 2 hours (Storage's own limit), replacing an earlier upload. */
  signUpload(path: string): Promise<{ signedUrl: string }>;
  /** Stores the bytes, replacing earlier ones. */
  put(path: string, bytes: Uint8Array, mime: string): Promise<void>;
  /**
   * Moves the file to a path that is free, within Storage.
   * @returns false, changing nothing, if there is no such file or the new path is taken
   */
  move(from: string, to: string): Promise<boolean>;
  /** The stored bytes, or null if there is no such file. */
  get(path: string): Promise<Uint8Array | null>;
  /**
   * A URL from which anyone can fetch the file for this many seconds, or null if there is no such file.
   * @param filename the name under which browsers always save the file
   */
  signDownload(
    path: string,
    filename: string,
    seconds: number,
  ): Promise<string | null>;
  /**
   * As `signDownload`, for many files in one call.
   * @returns the URLs by path, without those of missing files
   */
  signDownloads(
    files: { path: string; filename: string }[],
    seconds: number,
  ): Promise<Map<string, string>>;
  /** Removes the files; missing ones are ignored. */
  remove(paths: string[]): Promise<void>;
  /** Checks that Storage answers and the bucket exists. */
  check(): Promise<void>;
}

/** The fields of supabase-js's errors that are used here. */
interface StorageFault extends Error {
  status?: number;
  statusCode?: string;
  code?: string;
}

/**
 * Every method throws `StorageError` when Storage refuses or cannot be reached.
 * @param serviceRoleKey the service role's JWT or a secret key (`sb_secret_…`)
 */
export function createStorage(
  { url, serviceRoleKey }: { url: string; serviceRoleKey: string },
): Storage {
  const fetch = withoutRedirects();
  const client = createClient(url, serviceRoleKey, {
    auth: {
      persistSession: false,
      autoRefreshToken: false,
      detectSessionInUrl: false,
    },
    global: {
      fetch: (input, init) =>
        fetch(input, {
          ...init,
          signal: init?.signal ?? AbortSignal.timeout(CALL_TIMEOUT_MS),
        }),
    },
  });
  const files = client.storage.from(BUCKET);

  return {
    async signUpload(path) {
      const { data, error } = await files.createSignedUploadUrl(path, {
        upsert: true,
      });
      if (error) throw unavailable("sign an upload", error);
      return { signedUrl: data.signedUrl };
    },

    async put(path, bytes, mime) {
      // Without a copy: one of the largest file would be a tenth of a function's memory.
      const { error } = await files.upload(
        path,
        bytes as BodyInit & Uint8Array,
        {
          contentType: mime,
          upsert: true,
        },
      );
      if (error) throw unavailable("store a file", error);
    },

    async move(from, to) {
      const { error } = await files.move(from, to);
      if (!error) return true;
      if (isMissingObject(error) || isTaken(error)) return false;
      throw unavailable("move a file", error);
    },

    async get(path) {
      const { data, error } = await files.download(path);
      if (!error) return await readBlob(data);
      if (isMissingObject(error)) return null;
      throw unavailable("read a file", error);
    },

    async signDownload(path, filename, seconds) {
      const { data, error } = await files.createSignedUrl(path, seconds);
      if (error) {
        if (isMissingObject(error)) return null;
        throw unavailable("sign a download", error);
      }
      return saveAs(data.signedUrl, filename);
    },

    async signDownloads(wanted, seconds) {
      if (wanted.length === 0) return new Map();
      const { data, error } = await files.createSignedUrls(
        wanted.map(({ path }) => path),
        seconds,
      );
      if (error) throw unavailable("sign downloads", error);
      // In the order of the request.
      return new Map(
        data.flatMap(({ signedUrl }, n) => signedUrl ? [[wanted[n].path, saveAs(signedUrl, wanted[n].filename)]] : []),
      );
    },

    async remove(paths) {
      if (paths.length === 0) return;
      const { error } = await files.remove(paths);
      if (error) throw unavailable("remove files", error);
    },

    async check() {
      const { error } = await client.storage.getBucket(BUCKET);
      if (error) throw unavailable("find its bucket", error);
    },
  };
}

/** The client would not encode `&` and `#` in a name. */
function saveAs(signedUrl: string, filename: string): string {
  const url = new URL(signedUrl);
  url.searchParams.set("download", filename);
  return url.href;
}

async function readBlob(blob: Blob): Promise<Uint8Array> {
  return new Uint8Array(await blob.arrayBuffer());
}

/** Hosted Storage answers 400 with `statusCode: "404"` in the body; a missing bucket looks much the same. */
function isMissingObject(error: StorageFault): boolean {
  if (error.code === "NoSuchBucket" || /bucket/i.test(error.message)) {
    return false;
  }
  return error.code === "NoSuchKey" || error.statusCode === "NoSuchKey" ||
    error.statusCode === "404" || error.status === 404;
}

/** Hosted Storage answers 400 with `statusCode: "409"` in the body. */
function isTaken(error: StorageFault): boolean {
  return error.statusCode === "409" || error.status === 409;
}

/** Storage's own messages are left out, because they may quote what was sent; its code identifies the failure. */
function unavailable(what: string, cause: StorageFault): StorageError {
  const known = [cause.status, cause.statusCode, cause.code].filter((word) => /^\w{1,40}$/.test(String(word ?? "")));
  const particulars = known.length > 0 ? ` (${known.join(", ")})` : "";
  return new StorageError(`Storage could not ${what}${particulars}`, cause);
}
