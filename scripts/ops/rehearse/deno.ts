import { z } from "zod";

const graph = z.object({
  modules: z.array(z.looseObject({
    specifier: z.string(),
    error: z.string().optional(),
    dependencies: z.array(z.looseObject({ specifier: z.string() })).default([]),
  })),
});

/** Every module that an entrypoint imports, with the specifiers in each. */
export async function moduleGraph(folder: string, entrypoint: string) {
  const { stdout } = await deno(folder, "info", "--json", entrypoint);
  return graph.parse(JSON.parse(stdout)).modules;
}

/** Runs Deno in a folder, and waits for its end. */
export async function deno(cwd: string, ...args: string[]) {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd,
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = new TextDecoder();
  return {
    ok: success,
    stdout: text.decode(stdout),
    stderr: text.decode(stderr),
  };
}
