import { randomUUID } from "node:crypto";
import { Hono } from "hono";
import type { LlamaParseControl } from "./faults.ts";
import { PROJECT_ID } from "./job_answers.ts";
import { ApiError } from "./requests.ts";
import type { UploadRate } from "./upload_rate.ts";

interface StoredFile {
  id: string;
  name: string;
  purpose: string;
  externalId: string | null;
  bytes: Uint8Array;
}

/** Files that were uploaded before parsing, to be named by `file_id`. */
export class Files {
  readonly #files = new Map<string, StoredFile>();

  add(file: Omit<StoredFile, "id">): StoredFile {
    const stored = { id: randomUUID(), ...file };
    this.#files.set(stored.id, stored);
    return stored;
  }

  /** Throws `ApiError` 404. */
  find(id: string): StoredFile {
    const file = this.#files.get(id);
    if (!file) throw new ApiError(404, `File ${id} not found`);
    return file;
  }

  all(): StoredFile[] {
    return [...this.#files.values()];
  }

  delete(id: string): void {
    this.find(id);
    this.#files.delete(id);
  }
}

/** Below `/api/v1/beta/files`. */
export function fileRoutes(
  files: Files,
  control: LlamaParseControl,
  uploadRate: UploadRate,
): Hono {
  const app = new Hono();
  app.use(control.route("files"));
  app.post("/", async (context) => {
    uploadRate.take();
    const form = await context.req.formData();
    const file = form.get("file");
    const purpose = form.get("purpose");
    if (!(file instanceof File) || typeof purpose !== "string") {
      throw new ApiError(422, [{
        type: "missing",
        loc: ["body", file instanceof File ? "purpose" : "file"],
        msg: "Field required",
      }]);
    }
    const stored = files.add({
      name: file.name,
      purpose,
      externalId: form.get("external_file_id") as string | null,
      bytes: new Uint8Array(await file.arrayBuffer()),
    });
    control.describe(context, { file_id: stored.id, bytes: file.size });
    return context.json(fileAnswer(stored));
  });
  app.get("/", (context) => {
    const { external_file_id, file_name } = context.req.query();
    const ids = context.req.queries("file_ids");
    const matching = files.all().filter((file) =>
      (!external_file_id || file.externalId === external_file_id) &&
      (!file_name || file.name === file_name) &&
      (!ids || ids.includes(file.id))
    );
    return context.json({
      items: matching.map(fileAnswer),
      next_page_token: null,
      total_size: matching.length,
    });
  });
  app.get("/:id", (context) => {
    return context.json(fileAnswer(files.find(context.req.param("id"))));
  });
  app.delete("/:id", (context) => {
    files.delete(context.req.param("id"));
    return context.body(null, 204);
  });
  return app;
}

function fileAnswer(file: StoredFile) {
  return {
    id: file.id,
    name: file.name,
    project_id: PROJECT_ID,
    external_file_id: file.externalId,
    file_type: file.name.split(".").at(-1) ?? null,
    purpose: file.purpose,
    expires_at: null,
    last_modified_at: null,
    download_url: null,
  };
}
