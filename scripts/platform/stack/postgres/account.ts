import { basename, dirname, resolve } from "node:path";
import { createHash } from "node:crypto";
import { ErrorWithRemedy } from "../../../dev/error_with_remedy.ts";

/** The account that Postgres runs as; undefined for the account that runs the stack. */
export interface Account {
  uid: number;
  gid: number;
}

/** Debian's `nobody` and `nogroup`. */
const NOBODY: Account = { uid: 65534, gid: 65534 };

/** Every account may enter it, and what lies in it outlives a restart. */
const FALLBACK_ROOT = "/var/tmp";

const isRoot = () => Deno.uid() === 0;

/**
 * Postgres refuses to run as root, so root runs it as the account that owns the data already, or else as `nobody`.
 * Other users run Postgres under their own account.
 */
export async function accountFor(
  dataDir: string,
): Promise<Account | undefined> {
  if (!isRoot()) return undefined;
  const owner = await statOrNull(dataDir);
  if (owner?.uid) return { uid: owner.uid, gid: owner.gid ?? owner.uid };
  return NOBODY;
}

/**
 * Where a directory that Postgres must reach really lies.
 *
 * The rule: it lies where it was asked for. If root runs the stack, other accounts get leave to pass through the
 * directory that it lies in, which is the stack's own. If they cannot come even that far (below `/root`, for instance),
 * it lies in `/var/tmp`, under a name made from the wanted path, so that every start finds it again. Nothing is
 * remembered anywhere, and both directories that Postgres uses follow the rule by themselves.
 *
 * @throws {ErrorWithRemedy} if there is something at the wanted place that Postgres can no longer reach
 */
export async function reachablePlace(
  wanted: string,
  { asRoot = isRoot(), fallbackRoot = FALLBACK_ROOT } = {},
): Promise<string> {
  const path = resolve(wanted);
  if (!asRoot) return path;

  const barrier = await firstClosedParent(dirname(path));
  if (barrier === undefined) {
    await letPass(dirname(path));
    return path;
  }
  if (await statOrNull(path)) {
    throw new ErrorWithRemedy(
      `Postgres, which does not run as root, cannot reach ${path}: ${barrier} is closed to other accounts.`,
      `Run \`chmod o+x ${barrier}\`, or remove ${path} to have it made again under ${fallbackRoot}.`,
    );
  }
  const place = fallbackOf(path, fallbackRoot);
  await checkOwnedByUs(place);
  await makeReachable(place);
  return `${place}/${basename(path)}`;
}

/** Removes a directory that Postgres could reach, wherever {@link reachablePlace} has put it. */
export async function removeFromPlace(wanted: string): Promise<void> {
  const places = [resolve(wanted)];
  if (isRoot()) {
    const fallback = fallbackOf(places[0], FALLBACK_ROOT);
    await checkOwnedByUs(fallback);
    places.push(fallback);
  }
  for (const place of places) {
    await Deno.remove(place, { recursive: true }).catch(nullIfMissing);
  }
}

function fallbackOf(path: string, fallbackRoot: string): string {
  const name = createHash("sha256").update(path).digest("hex").slice(0, 16);
  return `${fallbackRoot}/local-stack-${name}`;
}

/**
 * Makes a folder for a temporary database: in the machine's temporary folder, or in `/var/tmp` if Postgres cannot reach
 * that. The caller removes it.
 */
export async function makeReachableTempDir(prefix: string): Promise<string> {
  const dir = await Deno.realPath(await Deno.makeTempDir({ prefix }));
  if (!isRoot()) return dir;
  if (await firstClosedParent(dir) === undefined) {
    await Deno.chmod(dir, 0o755);
    return dir;
  }
  await Deno.remove(dir);
  const elsewhere = await Deno.makeTempDir({ prefix, dir: FALLBACK_ROOT });
  await Deno.chmod(elsewhere, 0o755);
  return elsewhere;
}

/** Lets other accounts pass through a directory, but not list it. */
async function letPass(directory: string): Promise<void> {
  const stat = await statOrNull(directory);
  if (!stat || isOpen(stat)) return;
  await Deno.chmod(directory, ((stat.mode ?? 0) & 0o777) | 0o011);
}

/** Makes a directory and its missing parents so that every account can enter them, whatever the umask. */
export async function makeReachable(path: string): Promise<void> {
  if (await statOrNull(path)) return;
  await makeReachable(dirname(path));
  await Deno.mkdir(path).catch((error) => {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  });
  await Deno.chmod(path, 0o755);
}

async function firstClosedParent(path: string): Promise<string | undefined> {
  const closed: string[] = [];
  for (let parent = dirname(path);; parent = dirname(parent)) {
    const stat = await statOrNull(parent);
    if (stat && !isOpen(stat)) closed.push(parent);
    if (parent === dirname(parent)) return closed.at(-1);
  }
}

function isOpen({ mode }: Deno.FileInfo): boolean {
  return ((mode ?? 0) & 0o001) !== 0;
}

/** Every user may write to /var/tmp, so a directory there under our name must be root's. */
async function checkOwnedByUs(place: string): Promise<void> {
  const found = await Deno.lstat(place).catch(nullIfMissing);
  if (!found) return;
  const writableByOthers = ((found.mode ?? 0) & 0o022) !== 0;
  if (found.isDirectory && found.uid === 0 && !writableByOthers) return;
  throw new ErrorWithRemedy(
    `${place} belongs to another account; the stack does not trust it.`,
    `Look at what it is, then remove it: \`rm -rf ${place}\`.`,
  );
}

function statOrNull(path: string): Promise<Deno.FileInfo | null> {
  return Deno.stat(path).catch(nullIfMissing);
}

function nullIfMissing(error: unknown): null {
  if (error instanceof Deno.errors.NotFound) return null;
  throw error;
}
