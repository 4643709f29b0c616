import { z } from "zod";
import type { Sealing } from "./encryption.ts";
import { sha256OfFile, writePrivateFile, type Written } from "./private_files.ts";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";
import { isThere } from "../../dev/files.ts";

const MANIFEST = "backup.json";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const manifest = z.object({
  made_at: z.coerce.date(),
  /** The database's migrations. */
  migrations: z.array(z.string()),
  /** The digest of the dump as stored, like the files' digests. */
  database: z.object({ sha256 }),
  files: z.array(
    z.object({
      name: z.string(),
      mime: z.string(),
      /** The original's digest, before encryption. */
      bytes: z.number(),
      sha256,
    }),
  ),
});
export type Manifest = z.infer<typeof manifest>;

/** The paths of a backup's parts. */
export const databaseIn = (folder: string, { suffix }: Sealing) => `${folder}/database.sql${suffix}`;
export const fileIn = (folder: string, name: string, { suffix }: Sealing) => `${folder}/files/${name}${suffix}`;

/** Whether the folder has a backup, encrypted or not. */
export async function holdsBackup(folder: string): Promise<boolean> {
  for (const name of [MANIFEST, `${MANIFEST}.age`]) {
    if (await isThere(`${folder}/${name}`)) return true;
  }
  return false;
}

export async function writeManifest(
  folder: string,
  made: Manifest,
  sealing: Sealing,
): Promise<Written> {
  const text = JSON.stringify(made, null, 2);
  return await writePrivateFile(
    `${folder}/${MANIFEST}${sealing.suffix}`,
    await sealing.seal(new Blob([text]).stream()),
  );
}

/** @throws {ErrorWithRemedy} `backup_is_encrypted`, `no_backup` */
export async function readManifest(
  folder: string,
  sealing: Sealing,
): Promise<Manifest> {
  const path = `${folder}/${MANIFEST}`;
  if (sealing.suffix === "" && await isThere(`${path}.age`)) {
    throw new ErrorWithRemedy(
      `${folder} has an encrypted backup.`,
      "Name the file with the secret key: --identity key.txt",
      { code: "backup_is_encrypted" },
    );
  }
  try {
    using file = await Deno.open(`${path}${sealing.suffix}`);
    const text = await new Response(await sealing.open(file.readable)).text();
    return manifest.parse(JSON.parse(text));
  } catch (error) {
    throw new ErrorWithRemedy(
      `${folder} has no complete, readable backup: ${(error as Error).message}`,
      "Name a folder written by npm run pipeline -- backup, and its key if it is encrypted; the manifest is written last.",
      { code: "no_backup", cause: error },
    );
  }
}

/**
 * Compares every file of a backup with its digest.
 * @throws {ErrorWithRemedy} `backup_damaged`, naming missing and changed files
 */
export async function checkDigests(
  folder: string,
  { database, files }: Manifest,
  sealing: Sealing,
): Promise<void> {
  const damaged: string[] = [];
  const parts = [
    [databaseIn(folder, sealing), database.sha256],
    ...files.map(({ name, sha256 }) => [
      fileIn(folder, name, sealing),
      sha256,
    ]),
  ];
  for (const [path, wanted] of parts) {
    const found = await sha256OfFile(path).catch((error) => {
      if (error instanceof Deno.errors.NotFound) return "missing";
      throw error;
    });
    if (found !== wanted) damaged.push(path);
  }
  if (damaged.length === 0) return;
  throw new ErrorWithRemedy(
    `${damaged.length} files of the backup are missing or changed: ${damaged.slice(0, 5).join(", ")}`,
    "Nothing was changed. Restore from another copy of this backup, or from another backup.",
    { code: "backup_damaged" },
  );
}
