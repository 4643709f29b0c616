/** Written by the compiler, from sources that are checked. */
const BUILT_CLIENT = "client/dist";

/** The paths of the project's TypeScript files below its folder, without installed and generated ones. */
export async function readTypeScriptFiles(folder = "."): Promise<string[]> {
  const paths: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = folder === "." ? name : `${folder}/${name}`;
    if (name.startsWith(".") || name === "node_modules" || path === BUILT_CLIENT) continue;
    if (isDirectory) paths.push(...await readTypeScriptFiles(path));
    else if (name.endsWith(".ts")) paths.push(path);
  }
  return paths.sort();
}
