import { dirname, extname } from "node:path";
import { REPOSITORY } from "../repository.ts";
import type { Product } from "./product.ts";

/** What `deno fmt` formats of what is generated. */
const FORMATTED = [".json", ".md", ".ts", ".yml"];

/** The product as it lies in the repository. */
export async function format({ path, text }: Product): Promise<Product> {
  const extension = extname(path);
  if (!FORMATTED.includes(extension)) return { path, text };
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", "--ext", extension.slice(1), "-"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  if (!success) {
    throw new Error(`${path} is malformed: ${decoder.decode(stderr)}`);
  }
  return { path, text: decoder.decode(stdout) };
}

/** Null where there is no such file yet. */
export async function read(path: string): Promise<string | null> {
  return await Deno.readTextFile(`${REPOSITORY}/${path}`).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  });
}

export async function write({ path, text }: Product): Promise<void> {
  const file = `${REPOSITORY}/${path}`;
  await Deno.mkdir(dirname(file), { recursive: true });
  await Deno.writeTextFile(file, text);
}

/** The first line in which two texts differ, for a person to find it. */
export function firstDifference(before: string | null, after: string): string {
  if (before === null) return "the file is missing";
  const [old, now] = [before, after].map((text) => text.split("\n"));
  const line = now.findIndex((each, index) => each !== old[index]);
  const at = line < 0 ? now.length : line;
  return `line ${at + 1}: ${quoted(old[at])} should be ${quoted(now[at])}`;
}

function quoted(line: string | undefined): string {
  return line === undefined ? "(nothing)" : `"${line.trim().slice(0, 100)}"`;
}
