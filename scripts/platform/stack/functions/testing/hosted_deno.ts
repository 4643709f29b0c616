import { functionsDeno } from "../../hosted_versions.ts";

/** Runs a module on the Deno that functions run on, and reads the JSON that it prints. */
export async function onHostedDeno<T>(source: string): Promise<T> {
  const child = new Deno.Command(functionsDeno().program, {
    args: ["run", "--quiet", "--no-prompt", "--allow-net", "--ext=ts", "-"],
    cwd: import.meta.dirname,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(source));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (code !== 0) throw new Error(`it ended with ${code}: ${text(stderr)}`);
  return JSON.parse(text(stdout));
}
