import { z } from "zod";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";

/** The pipeline's own folder in a project, below `supabase/`. */
export const FOLDER = "supabase/document-pipeline";
export const MANIFEST = `${FOLDER}/manifest.json`;

const digest = z.string().regex(/^[0-9a-f]{64}$/);

const manifest = z.strictObject({
  about: z.string(),
  format: z.literal(1),
  /** The version, and the digest of its functions' sources. */
  release: z.string(),
  build: z.string(),
  /** What has begun and has not ended; the same command completes it. */
  unfinished: z.enum(["init", "upgrade", "remove"]).optional(),
  /** In order: its name in the release, its name in the project, and the release's digest. */
  migrations: z.array(z.strictObject({ release: z.string(), file: z.string(), sha256: digest })),
  /** The other files, by their path in the project, with the release's digest. */
  files: z.record(z.string(), digest),
  config: z.strictObject({
    functions: z.array(z.string()),
    schemas: z.array(z.string()),
    insertions: z.array(z.strictObject({ at: z.int(), text: z.string() })),
  }),
  /** The migration that removes the pipeline, once a removal has begun. */
  removal: z.string().optional(),
});

/** What was added to a project, so that upgrades and removals know the pipeline's part from the project's own. */
export type Manifest = z.output<typeof manifest>;

export const ABOUT =
  "Written by npm run init of the document pipeline, and read by npm run upgrade and npm run remove. Commit it.";

/** @throws {ErrorWithRemedy} if the file is damaged or newer than this release */
export function parseManifest(text: string, path: string): Manifest {
  try {
    return manifest.parse(JSON.parse(text));
  } catch (error) {
    throw new ErrorWithRemedy(
      `${path} is invalid: ${error instanceof z.ZodError ? z.prettifyError(error) : error}`,
      "Restore it from your repository's history (git checkout), or use the release of the pipeline that wrote it.",
      { cause: error },
    );
  }
}

export function manifestText(value: Manifest): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
