/** The console's sources run in browsers, and are checked apart. */
const CHECKED_APART = "console";
/** Folders of built files. */
const BUILT = "dist";

/**
 * The paths of the project's TypeScript files below its folder, without installed and generated ones, and without those
 * of the examples: folders with a lock file of their own, which their own compiler checks.
 */
export async function readTypeScriptFiles(root = "."): Promise<string[]> {
  return (await filesBelow(root, [CHECKED_APART])).sort();
}

/** @param leftOut names in this folder, but not below it */
async function filesBelow(folder: string, leftOut: string[] = []): Promise<string[]> {
  const paths: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (name.startsWith(".") || name === "node_modules" || name === BUILT || leftOut.includes(name)) continue;
    const path = folder === "." ? name : `${folder}/${name}`;
    if (isDirectory && !await isProject(path)) paths.push(...await filesBelow(path));
    else if (name.endsWith(".ts")) paths.push(path);
  }
  return paths;
}

function isProject(folder: string): Promise<boolean> {
  return Deno.stat(`${folder}/package-lock.json`).then(() => true, (error) => {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  });
}
