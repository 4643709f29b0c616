import { resolve } from "node:path";
import { backUp, restore } from "../backup/backup.ts";
import { encryptedTo, openedBy, plain } from "../backup/encryption.ts";
import { holdsBackup } from "../backup/manifest.ts";
import { findPostgresClient } from "../backup/postgres_client.ts";
import { formatTime } from "./report.ts";
import { type AddCommands, examples, type Session } from "./session.ts";
import { ErrorWithRemedy, UsageError } from "../../dev/error_with_remedy.ts";

export const addBackupCommands: AddCommands = (program, perform) => {
  program.command("backup <folder>")
    .description(
      "copies the database's rows and the bucket's files to a folder that only its owner can read",
    )
    .option(
      "--encrypt-to <recipient...>",
      "public age keys: only holders of their secret keys can read the backup",
    )
    .addHelpText(
      "after",
      examples(
        "backup backups/2026-11-01",
        "backup backups/2026-11-01 --encrypt-to age1…",
      ),
    )
    .action(perform(makeBackup));

  program.command("restore <folder>")
    .description(
      "checks a backup's digests, loads it into an unused project, and continues its work",
    )
    .option(
      "--identity <file>",
      "file with secret age keys, for an encrypted backup",
    )
    .addHelpText(
      "after",
      examples(
        "restore backups/2026-11-01",
        "restore backups/2026-11-01 --identity key.txt",
      ),
    )
    .action(perform(loadBackup));
};

async function makeBackup(
  session: Session,
  folder: string,
  { encryptTo }: { encryptTo?: string[] },
): Promise<void> {
  const path = resolve(session.directory, folder);
  if (await holdsBackup(path)) {
    throw new UsageError(
      `${path} already has a backup.`,
      "Name a folder that does not exist.",
    );
  }
  const sealing = encryptTo ? encryptedTo(encryptTo) : plain;
  const place = await session.target.place();
  const client = await findPostgresClient();
  const made = await backUp(place, path, client, sealing);
  const bytes = made.files.reduce((sum, file) => sum + file.bytes, 0);
  const answer = {
    folder: path,
    made_at: made.made_at,
    files: made.files.length,
    bytes,
    gone: made.gone,
  };
  session.report.answer(answer, (screen) => {
    screen.text(
      `The database and ${made.files.length} files with ${bytes} bytes are in ${path}.`,
    );
    for (const name of made.gone) {
      screen.text(`${name} was deleted during the backup.`);
    }
  });
}

async function loadBackup(
  session: Session,
  folder: string,
  { identity }: { identity?: string },
): Promise<void> {
  const path = resolve(session.directory, folder);
  const sealing = identity ? openedBy(await readIdentity(resolve(session.directory, identity))) : plain;
  const place = await session.target.place();
  const client = await findPostgresClient();
  const made = await restore(place, path, client, sealing);
  session.report.answer(
    { folder: path, made_at: made.made_at, files: made.files.length },
    (screen) =>
      screen.text(
        `The backup of ${formatTime(made.made_at)} UTC is loaded, with ${made.files.length} files. Its work continues.`,
      ),
  );
}

async function readIdentity(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    throw new ErrorWithRemedy(
      `Cannot read ${path}: ${(error as Error).message}`,
      "Name the file with the secret age key of the backup.",
      { code: "bad_identity", cause: error },
    );
  }
}
