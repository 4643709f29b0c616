import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";

/** Of the folder that holds what is built; git ignores it. */
const BUILT = "_built";
/** Folders with test doubles, which no function imports. */
const DOUBLES = "testing";
const DIGEST_LENGTH = 12;
/** A built file begins with it, and the digest follows. */
const HEADER = "// built from ";

/** What a bundle is made by, beside the functions' own sources. */
const BUNDLER = ["bundle.ts", "built_functions.mjs", "node_globals.js"]
  .map((name) => new URL(name, import.meta.url));

/**
 * Stands for all that functions are built from: their sources without tests, the packages that the lock file names, and
 * the bundler. The same in every checkout of the same files.
 * @param {string} root holds `supabase/functions` and `package-lock.json`
 */
export function digestOf(root) {
  const hash = createHash("sha256");
  const add = (name, bytes) =>
    hash.update(`${name}\0${bytes.length}\0`).update(bytes);
  for (const path of sourcesBelow(join(root, "supabase/functions"))) {
    add(path, readFileSync(join(root, "supabase/functions", path)));
  }
  const lock = join(root, "package-lock.json");
  if (existsSync(lock)) add("package-lock.json", readFileSync(lock));
  for (const url of BUNDLER) add(url.href.split("/").at(-1), readFileSync(url));
  return hash.digest("hex").slice(0, DIGEST_LENGTH);
}

/** @returns {string[]} paths below the folder, in one order everywhere */
function sourcesBelow(folder, prefix = "") {
  return readdirSync(join(folder, prefix), { withFileTypes: true })
    .flatMap((entry) => {
      const path = `${prefix}${entry.name}`;
      if (entry.name.startsWith(".") || path === BUILT) return [];
      if (entry.isDirectory()) {
        return entry.name === DOUBLES ? [] : sourcesBelow(folder, `${path}/`);
      }
      return /(\.test\.ts|\.md)$/.test(path) ? [] : [path];
    }).sort();
}

/** The line with which a built file begins. */
export function headerFor(digest) {
  return `${HEADER}${digest}`;
}

/**
 * The files that `config.toml` names as entry points of the functions, which are what `supabase functions deploy` sends.
 * @param {string} root
 * @returns {Record<string, string>} paths below the root, by function
 */
export function entrypointsOf(root) {
  const found = {};
  let name;
  for (
    const line of readFileSync(join(root, "supabase/config.toml"), "utf8")
      .split("\n")
  ) {
    const section = /^\[(.+)\]\s*$/.exec(line);
    if (section) name = /^functions\.([\w-]+)$/.exec(section[1])?.[1];
    const entrypoint = /^entrypoint = "\.\/(.+)"\s*$/.exec(line);
    if (name && entrypoint) found[name] = `supabase/${entrypoint[1]}`;
  }
  return found;
}

/** Whether every function is built from what is there now. */
export function isBuilt(root) {
  const header = headerFor(digestOf(root));
  return Object.values(entrypointsOf(root))
    .every((path) => beginningOf(join(root, path), header.length) === header);
}

/**
 * Removes what was built if it is not what would be built now, so that nobody deploys it.
 * @returns {boolean} whether something was removed
 */
export function removeStale(root) {
  const folder = join(root, "supabase/functions", BUILT);
  if (!existsSync(folder) || isBuilt(root)) return false;
  rmSync(folder, { recursive: true, force: true });
  return true;
}

/** @returns {string | undefined} undefined if there is no such file */
function beginningOf(path, length) {
  let file;
  try {
    file = openSync(path, "r");
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
  try {
    const bytes = new Uint8Array(length);
    const read = readSync(file, bytes, 0, length, 0);
    return new TextDecoder().decode(bytes.subarray(0, read));
  } finally {
    closeSync(file);
  }
}
