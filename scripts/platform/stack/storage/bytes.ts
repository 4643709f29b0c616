import { noSuchKey } from "./faults.ts";

/**
 * The bytes on disk. An object's bytes lie at a path made of nothing but the version id in its row, so a new version
 * never touches the bytes of an old one, a row and its bytes always agree, and no object name reaches the file system.
 */
export interface Bytes {
  /** A fresh path for bytes that are still arriving. */
  incoming(): string;
  /** Gives received bytes the place of a version; the received file stays until its owner discards it. */
  place(received: string, version: string): Promise<void>;
  /** Throws `NoSuchKey` where this version has no bytes. */
  open(version: string | null): Promise<Deno.FsFile>;
  /** Places a copy of one version's bytes as another version. Throws `NoSuchKey` where there are none. */
  copy(from: string | null, to: string): Promise<void>;
  /** Does nothing where the version has no bytes. */
  remove(version: string | null): Promise<void>;
  /** Removes what interrupted uploads left: bytes half received, and versions that no row names. */
  sweep(referenced: Set<string>): Promise<void>;
}

const VERSION = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export async function openBytes(dir: string): Promise<Bytes> {
  const incomingDir = `${dir}/incoming`;
  const objectsDir = `${dir}/objects`;
  await Deno.mkdir(incomingDir, { recursive: true });
  await Deno.mkdir(objectsDir, { recursive: true });

  const shelf = (version: string) => `${objectsDir}/${version.slice(0, 2)}`;
  // A row that SQL wrote by hand may name any version, or none.
  const pathOf = (version: string | null) => {
    if (!version || !VERSION.test(version)) throw noSuchKey();
    return `${shelf(version)}/${version}`;
  };

  return {
    incoming: () => `${incomingDir}/${crypto.randomUUID()}`,

    async place(received, version) {
      await Deno.mkdir(shelf(version), { recursive: true });
      await Deno.link(received, pathOf(version));
    },

    async open(version) {
      try {
        return await Deno.open(pathOf(version));
      } catch (error) {
        throw error instanceof Deno.errors.NotFound ? noSuchKey() : error;
      }
    },

    async copy(from, to) {
      await Deno.mkdir(shelf(to), { recursive: true });
      try {
        await Deno.copyFile(pathOf(from), pathOf(to));
      } catch (error) {
        throw error instanceof Deno.errors.NotFound ? noSuchKey() : error;
      }
    },

    async remove(version) {
      if (version && VERSION.test(version)) {
        await removeIfThere(pathOf(version));
      }
    },

    async sweep(referenced) {
      for await (const entry of Deno.readDir(incomingDir)) {
        await removeIfThere(`${incomingDir}/${entry.name}`);
      }
      for await (const group of Deno.readDir(objectsDir)) {
        for await (const entry of Deno.readDir(`${objectsDir}/${group.name}`)) {
          if (!referenced.has(entry.name)) {
            await removeIfThere(`${objectsDir}/${group.name}/${entry.name}`);
          }
        }
      }
    },
  };
}

export async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
