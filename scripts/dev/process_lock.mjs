import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import process from "node:process";

/**
 * Takes the lock at this path for this process, or returns at once when another process has it. It takes over the lock of a killed
 * holder. The file is linked into place with its holder's process number, so that no process finds it empty.
 */
export function takeLock(path) {
  const own = `${path}.${process.pid}`;
  writeFileSync(own, String(process.pid));
  try {
    return isLinked(own, path) || isTakenOver(own, path);
  } finally {
    rmSync(own, { force: true });
  }
}

/** For the holder only. */
export function releaseLock(path) {
  rmSync(path, { force: true });
}

function isLinked(own, path) {
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
}

/** One takeover at a time, under a lock of its own: a late process would otherwise remove the new holder's lock. */
function isTakenOver(own, path) {
  if (!isAbandoned(path) || !takeLock(`${path}.takeover`)) return false;
  try {
    if (!isAbandoned(path)) return false;
    renameSync(own, path);
    return true;
  } finally {
    releaseLock(`${path}.takeover`);
  }
}

function isAbandoned(path) {
  const holder = holderOf(path);
  return holder !== undefined && !isAlive(holder);
}

/** Undefined if it was released meanwhile. */
function holderOf(path) {
  try {
    return Number(readFileSync(path, "utf8"));
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
