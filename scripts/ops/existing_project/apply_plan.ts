import { dirname, join } from "node:path";
import { releaseLock, takeLock } from "../../dev/process_lock.mjs";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";
import type { ChangePlan } from "./change_plan.ts";
import { FOLDER, MANIFEST, manifestText } from "../project/manifest.ts";
import { refuseUnwritable, removeProjectFile, writeProjectFile } from "./project_files.ts";
import { IGNORED, LOCK, SECRETS } from "./secrets_file.ts";

/** The steps of a change, for tests that interrupt it. */
export type OnStep = (step: string) => void;

/**
 * Checks that a change can be made whole. @throws {ErrorWithRemedy} naming all that forbids it; nothing is written then
 */
export async function refuseObstacles(root: string, plan: ChangePlan): Promise<void> {
  if (plan.conflicts.length > 0) {
    throw new ErrorWithRemedy(
      `Nothing was written. In the way:\n${plan.conflicts.map(({ sentence }) => `- ${sentence}`).join("\n")}`,
      [...new Set(plan.conflicts.map(({ remedy }) => remedy))].join("\n"),
      { code: "conflict" },
    );
  }
  await refuseUnwritable(root, [MANIFEST, LOCK, ...plan.writes.map(({ path }) => path)], plan.removals);
}

/**
 * Makes the change. A command that is interrupted can be run again: the manifest says beforehand what will be there.
 * @throws {ErrorWithRemedy} if another command works on the project
 */
export async function applyPlan(
  root: string,
  plan: ChangePlan,
  manifest: string | undefined,
  onStep: OnStep = () => {},
): Promise<void> {
  if (!plan.journal) return;
  const journal = manifestText(plan.journal);
  if (journal !== manifest) await writeProjectFile(root, { path: MANIFEST, text: journal, before: manifest });
  onStep(MANIFEST);
  for (const write of plan.writes) {
    if (write.path === SECRETS) await refuseCommitted(root);
    await writeProjectFile(root, write);
    onStep(write.path);
  }
  for (const path of plan.removals) {
    await removeProjectFile(root, path);
    onStep(path);
  }
  if (plan.final) await writeProjectFile(root, { path: MANIFEST, text: manifestText(plan.final), before: journal });
  else await removeProjectFile(root, MANIFEST);
}

/** Runs a change alone. */
export async function withProjectLock<T>(root: string, work: () => Promise<T>): Promise<T> {
  const path = join(root, LOCK);
  const isNew = !await Deno.stat(dirname(path)).then(() => true, () => false);
  await Deno.mkdir(dirname(path), { recursive: true }).catch((error) => {
    throw lockFailed(path, error);
  });
  let isTaken: boolean;
  try {
    isTaken = takeLock(path);
  } catch (error) {
    throw lockFailed(path, error);
  }
  if (!isTaken) {
    throw new ErrorWithRemedy(
      `Another command works on ${root}${await holderOf(path)}.`,
      `Wait for it, then run the command again. If no such process exists, remove ${path}.`,
      { code: "locked" },
    );
  }
  try {
    return await work();
  } finally {
    releaseLock(path);
    // Only if it is empty.
    if (isNew) await Deno.remove(join(root, FOLDER)).catch(() => {});
  }
}

async function holderOf(path: string): Promise<string> {
  const pid = await Deno.readTextFile(path).catch(() => "");
  return /^\d+$/.test(pid) ? ` (process ${pid})` : "";
}

function lockFailed(path: string, cause: unknown): ErrorWithRemedy {
  return new ErrorWithRemedy(
    `${path} cannot be written: ${cause instanceof Error ? cause.message : cause}`,
    "Nothing was written. Make the folder writable for this user, then run the command again.",
    { cause },
  );
}

/** @throws {ErrorWithRemedy} if git would commit the secrets */
async function refuseCommitted(root: string): Promise<void> {
  if (!await isCommitted(root)) return;
  throw new ErrorWithRemedy(
    `git does not ignore ${SECRETS}, so no secrets were written.`,
    `${IGNORED} names it: see git check-ignore -v --no-index ${SECRETS}, and git rm --cached ${SECRETS} if it was committed. ` +
      "Then run the command again, which continues.",
  );
}

/** False outside a repository, and where git is not installed. */
async function isCommitted(root: string): Promise<boolean> {
  try {
    const { code } = await new Deno.Command("git", {
      args: ["-C", root, "check-ignore", "--quiet", SECRETS],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    return code === 1;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
