import { join } from "node:path";

const known = new Map<string, Promise<number>>();

/**
 * What npm packages and all that they depend on add to a function's bundle, which holds them whole and compressed.
 * In bytes, as gzip compresses them; hosted's compressor does a little better.
 */
export async function packagesSize(
  modules: string,
  names: string[],
): Promise<number> {
  const all = new Set<string>();
  for (const name of names) await collect(modules, name, all);
  const sizes = await Promise.all([...all].map((name) => {
    const path = join(modules, name);
    const size = known.get(path) ?? compressedSize(path);
    known.set(path, size);
    return size;
  }));
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function collect(
  modules: string,
  name: string,
  found: Set<string>,
): Promise<void> {
  if (found.has(name)) return;
  let manifest: { dependencies?: Record<string, string> };
  try {
    manifest = JSON.parse(
      await Deno.readTextFile(join(modules, name, "package.json")),
    );
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  found.add(name);
  for (const each of Object.keys(manifest.dependencies ?? {})) {
    await collect(modules, each, found);
  }
}

/** As one stream of all files, so that small ones cost what they do in an archive. */
async function compressedSize(folder: string): Promise<number> {
  let size = 0;
  const files = ReadableStream.from(contentsOf(folder))
    .pipeThrough(new CompressionStream("gzip"));
  for await (const chunk of files) size += chunk.byteLength;
  return size;
}

async function* contentsOf(
  folder: string,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for await (const entry of Deno.readDir(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) yield* contentsOf(path);
    else if (entry.isFile) yield await Deno.readFile(path);
  }
}
