import { resolve } from "node:path";
import { backUp, restore } from "../backup/backup.ts";
import { findPostgresClient } from "../backup/postgres_client.ts";
import { UsageError } from "./failures.ts";
import { formatTime } from "./report.ts";
import { type AddCommands, examples, type Session } from "./session.ts";

export const addBackupCommands: AddCommands = (program, perform) => {
  program.command("backup <folder>")
    .description("copy the database's rows and the bucket's files to a folder")
    .addHelpText("after", examples("backup backups/2026-11-01"))
    .action(perform(makeBackup));

  program.command("restore <folder>")
    .description(
      "load a backup into a new project that nobody has used, and go on with its work",
    )
    .addHelpText("after", examples("restore backups/2026-11-01"))
    .action(perform(loadBackup));
};

async function makeBackup(session: Session, folder: string): Promise<void> {
  const path = resolve(session.directory, folder);
  if (await isThere(`${path}/backup.json`)) {
    throw new UsageError(
      `${path} holds a backup already.`,
      "Name a folder that does not exist yet.",
    );
  }
  const place = await session.target.place();
  const made = await backUp(place, path, await findPostgresClient());
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
      screen.text(`${name} was deleted while it was being copied.`);
    }
  });
}

async function loadBackup(session: Session, folder: string): Promise<void> {
  const path = resolve(session.directory, folder);
  const place = await session.target.place();
  const made = await restore(place, path, await findPostgresClient());
  session.report.answer(
    { folder: path, made_at: made.made_at, files: made.files.length },
    (screen) =>
      screen.text(
        `The backup of ${
          formatTime(made.made_at)
        } UTC is loaded, with ${made.files.length} files. Work goes on.`,
      ),
  );
}

function isThere(path: string): Promise<boolean> {
  return Deno.stat(path).then(() => true, (error) => {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  });
}
