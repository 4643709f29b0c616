import { createHash } from "node:crypto";

/** A backup contains all data: only its owner may read it, whatever the umask. */
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/** The length and digest of a file as stored. */
export interface Written {
  bytes: number;
  sha256: string;
}

/** Makes a folder that only its owner may enter; an existing one is restricted. */
export async function makePrivateFolder(path: string): Promise<void> {
  await Deno.mkdir(path, { recursive: true, mode: FOLDER_MODE });
  await Deno.chmod(path, FOLDER_MODE);
}

/** Writes a file that only its owner may read; an existing one is replaced. */
export async function writePrivateFile(
  path: string,
  contents: ReadableStream<Uint8Array>,
): Promise<Written> {
  using file = await Deno.open(path, {
    write: true,
    create: true,
    truncate: true,
    mode: FILE_MODE,
  });
  await Deno.chmod(path, FILE_MODE);
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const part of contents) {
    hash.update(part);
    bytes += part.length;
    for (let rest = part; rest.length > 0;) {
      rest = rest.subarray(await file.write(rest));
    }
  }
  await file.sync();
  return { bytes, sha256: hash.digest("hex") };
}

export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  using file = await Deno.open(path);
  for await (const part of file.readable) hash.update(part);
  return hash.digest("hex");
}
