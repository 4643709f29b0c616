/** The paths of the project's TypeScript files below its folder, without installed and generated ones. */
export async function readTypeScriptFiles(folder = "."): Promise<string[]> {
  const paths: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (name.startsWith(".") || name === "node_modules") continue;
    const path = folder === "." ? name : `${folder}/${name}`;
    if (isDirectory) paths.push(...await readTypeScriptFiles(path));
    else if (name.endsWith(".ts")) paths.push(path);
  }
  return paths.sort();
}
