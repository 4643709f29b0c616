import { FileStore } from "@tus/file-store";
import { Server } from "@tus/server";
import { type CallerReader, credentialOf, SERVICE } from "./caller.ts";
import { checkAllowed, sizeLimit, storedBucket } from "./buckets.ts";
import { removeIfThere } from "./bytes.ts";
import { accessDenied, Fault, invalidRequest } from "./faults.ts";
import { checkStorable, type ObjectKey, objectKey } from "./object_key.ts";
import { checkMayUpload, referencedVersions } from "./objects.ts";
import type { SignedUrls, UploadTicket } from "./signed_urls.ts";
import { parseMetadata } from "./upload_body.ts";
import { completeUpload, type UploadDeps } from "./uploads.ts";

/** Where hosted Storage serves TUS; below `/sign` an `x-signature` header stands for the caller. */
export const RESUMABLE_PATH = "/storage/v1/upload/resumable";

/** Milliseconds for which an upload can be resumed. */
const RESUMABLE_FOR = 24 * 60 * 60 * 1000;

const UPLOAD_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export interface ResumableDeps extends UploadDeps {
  callerOf: CallerReader;
  signedUrls: SignedUrls;
  /** Where uploads in progress are kept; they survive a restart. */
  dir: string;
}

type Upload = Awaited<ReturnType<FileStore["getUpload"]>>;
type TusRequest = Parameters<Server["handleWeb"]>[0];

/**
 * Resumable uploads (TUS 1.0). An upload's id becomes the version id of its object, so that after a crash it shows
 * whether an upload whose bytes are all there has its row.
 */
export async function createResumable(
  deps: ResumableDeps,
): Promise<(request: Request) => Promise<Response>> {
  await Deno.mkdir(deps.dir, { recursive: true });
  await removeExpired(deps.dir);

  const isCommitted = async (id: string) => (await referencedVersions(deps.sql, id)).size > 0;
  const store = new ResumableStore(deps.dir, isCommitted);
  const finishing = new Map<string, Promise<void>>();

  /** Completes an upload whose bytes are all there; requests that ask for the same wait for the one attempt. */
  const finish = (request: Request, upload: Upload): Promise<void> => {
    const running = finishing.get(upload.id);
    if (running) return running;
    const attempt = isCommitted(upload.id)
      .then((done) => done ? undefined : finishUpload(deps, request, upload))
      .finally(() => finishing.delete(upload.id));
    finishing.set(upload.id, attempt);
    return attempt;
  };

  const server = new Server({
    path: RESUMABLE_PATH,
    datastore: store,
    namingFunction: () => crypto.randomUUID(),
    generateUrl: (request, { id }) => {
      const { origin, pathname } = new URL(request.url);
      return `${origin}${pathname.replace(/\/$/, "")}/${id}`;
    },
    getFileIdFromRequest: (request) => {
      const last = new URL(request.url).pathname.split("/").pop()!;
      return UPLOAD_ID.test(last) ? last : undefined;
    },
    maxSize: async (_request, id) => {
      const upload = id && await store.find(id);
      if (!upload) return deps.maxFileBytes;
      const bucket = await storedBucket(deps.sql, keyOf(upload).bucket);
      return sizeLimit(bucket, deps.maxFileBytes);
    },

    async onIncomingRequest(request, id) {
      if (request.method === "POST") return; // onUploadCreate knows the metadata
      const upload = await store.getUpload(id);
      if (request.method !== "HEAD") {
        await authorise(deps, request, keyOf(upload));
      } else if (upload.offset === upload.size && !await isCommitted(id)) {
        // All bytes came, but the answer never left: the client must not take this for a finished upload.
        await finish(request, upload);
      } else if (isSigned(request)) {
        await authorise(deps, request, keyOf(upload));
      }
    },

    async onUploadCreate(request, upload) {
      const key = keyOf(upload);
      const bucket = await storedBucket(deps.sql, key.bucket);
      await authorise(deps, request, key);
      checkAllowed(bucket, deps.maxFileBytes, fileOf(upload));
      return {};
    },

    async onUploadFinish(request, upload) {
      await finish(request, upload);
      return { headers: { "Tus-Complete": "1" } };
    },

    onResponseError: (_request, error) => {
      if (!(error instanceof Fault)) return undefined;
      return { status_code: error.status, body: error.message };
    },
  });

  return async (request) => {
    // On hosted a check before TUS: it answers as Storage does elsewhere, and asks for no header but a valid token.
    const open = isSigned(request) || request.method === "OPTIONS";
    if (!open && !credentialOf(request.headers)) {
      return accessDenied("Invalid Compact JWS").toResponse();
    }
    return await server.handleWeb(request as TusRequest);
  };
}

/** Keeps uploads in files; one that has become an object is still known, so that a client that asks again learns so. */
class ResumableStore extends FileStore {
  constructor(
    directory: string,
    private readonly isCommitted: (id: string) => Promise<boolean>,
  ) {
    super({ directory });
  }

  override async getUpload(id: string): Promise<Upload> {
    const upload = await this.configstore.get(id);
    if (upload && await this.isCommitted(id)) {
      upload.offset = upload.size ?? 0;
      return upload;
    }
    return await super.getUpload(id);
  }

  async find(id: string): Promise<Upload | undefined> {
    return await this.configstore.get(id);
  }
}

async function finishUpload(
  deps: ResumableDeps,
  request: Request,
  upload: Upload,
): Promise<void> {
  const key = keyOf(upload);
  const { ownerId } = await authorise(deps, request, key);
  const path = `${deps.dir}/${upload.id}`;
  const bucket = await storedBucket(deps.sql, key.bucket);
  await completeUpload(deps, bucket, key, {
    path,
    version: upload.id,
    ownerId,
    file: { ...fileOf(upload), size: (await Deno.stat(path)).size },
  });
  await removeIfThere(path);
}

const isSigned = (request: Request) => new URL(request.url).pathname.startsWith(`${RESUMABLE_PATH}/sign`);

/** Whose upload this is; throws unless the signature, or the caller's own rights, permit it. */
async function authorise(
  deps: ResumableDeps,
  request: Request,
  key: ObjectKey,
): Promise<UploadTicket> {
  if (isSigned(request)) {
    const signature = request.headers.get("x-signature");
    if (!signature) {
      throw new Fault(
        400,
        "InvalidSignature",
        "Missing x-signature header",
      );
    }
    const ticket = await deps.signedUrls.verifyUpload(signature, key);
    if (request.method === "POST") {
      const signer = { ...SERVICE, userId: ticket.ownerId };
      await checkMayUpload(deps.sql, signer, key, ticket.upsert);
    }
    return ticket;
  }
  const caller = await deps.callerOf(request.headers);
  const upsert = request.headers.get("x-upsert") === "true";
  await checkMayUpload(deps.sql, caller, key, upsert);
  return { ownerId: caller.userId, upsert };
}

function keyOf(upload: Upload): ObjectKey {
  if (!upload.metadata) throw invalidRequest("Metadata header is required");
  const { bucketName, objectName } = upload.metadata;
  const key = objectKey(bucketName, objectName);
  checkStorable(key);
  return key;
}

function fileOf(upload: Upload) {
  const { contentType, cacheControl, metadata } = upload.metadata ?? {};
  return {
    size: upload.size ?? 0,
    contentType: contentType || "application/octet-stream",
    cacheControl: /^\d+$/.test(cacheControl ?? "") ? `max-age=${cacheControl}` : "no-cache",
    userMetadata: parseMetadata(metadata ?? ""),
  };
}

async function removeExpired(dir: string): Promise<void> {
  const oldest = Date.now() - RESUMABLE_FOR;
  for await (const entry of Deno.readDir(dir)) {
    const { mtime } = await Deno.stat(`${dir}/${entry.name}`);
    if (mtime && mtime.getTime() < oldest) {
      await removeIfThere(`${dir}/${entry.name}`);
    }
  }
}
