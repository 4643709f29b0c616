/** The CLI's function folders; those that begin with `_` have shared code. */
export async function readFunctions(directory: string): Promise<string[]> {
  const names: string[] = [];
  for await (
    const { name, isDirectory } of Deno.readDir(
      `${directory}/supabase/functions`,
    )
  ) {
    if (isDirectory && /^[A-Za-z]/.test(name)) names.push(name);
  }
  return names.sort();
}
