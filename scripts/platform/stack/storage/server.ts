import postgres from "postgres";
import { openBytes } from "./bytes.ts";
import { createCallerReader, type Keys } from "./caller.ts";
import { referencedVersions } from "./objects.ts";
import { createResumable } from "./resumable.ts";
import { createRoutes } from "./routes.ts";
import { createSignedUrls } from "./signed_urls.ts";
import { printTrace } from "../../../dev/terminal/print.ts";

export interface StorageOptions extends Keys {
  /** As role `supabase_storage_admin`. */
  databaseUrl: string;
  /** Where the bytes lie; created when it is not there. Belongs to this database and to one running server. */
  dir: string;
  /** The most bytes an object may have; a bucket may allow fewer. Default 50 MiB, as on hosted's free plan. */
  maxFileBytes?: number;
  /** Receives every error that is not an answer to bad input; standard error by default. */
  onError?: (error: unknown) => void;
}

export interface StorageServer {
  /** Answers requests to paths below `/storage/v1`. */
  fetch(request: Request): Promise<Response>;
  stop(): Promise<void>;
}

const MAX_FILE_BYTES = 50 * 2 ** 20;
const CONNECTIONS = 8;

/** Seconds that queries in flight have to end when the server stops. */
const STOP_SECONDS = 2;

/** A local Supabase Storage: bytes on disk, rows in `storage.objects` under row-level security as the caller. */
export async function startStorage(
  options: StorageOptions,
): Promise<StorageServer> {
  const sql = postgres(options.databaseUrl, {
    max: CONNECTIONS,
    onnotice: () => {},
  });
  try {
    const bytes = await openBytes(options.dir);
    await bytes.sweep(await referencedVersions(sql));
    await sql.file(`${import.meta.dirname}/rehearse_upload.sql`);

    const deps = {
      sql,
      bytes,
      maxFileBytes: options.maxFileBytes ?? MAX_FILE_BYTES,
      callerOf: createCallerReader(options),
      signedUrls: createSignedUrls(options.jwtSecret),
      onError: options.onError ??
        ((error: unknown) => printTrace(error, "storage")),
    };
    const dir = `${options.dir}/resumable`;
    const resumable = await createResumable({ ...deps, dir });
    const routes = createRoutes({ ...deps, resumable });

    return {
      fetch: async (request) => await routes.fetch(request),
      stop: () => sql.end({ timeout: STOP_SECONDS }),
    };
  } catch (error) {
    await sql.end({ timeout: STOP_SECONDS });
    throw error;
  }
}
