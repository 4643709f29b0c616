/** The console's sources run in browsers, and are checked apart. */
const CHECKED_APART = "console";
/** Folders of built files. */
const BUILT = "dist";

/**
 * The paths of the project's TypeScript files, without installed and generated ones, and without those of the examples:
 * folders with a lock file of their own, which their own compiler checks.
 * @returns with the root before each, unless it is `.`
 */
export async function readTypeScriptFiles(root = "."): Promise<string[]> {
  const paths = await filesBelow(root, "");
  return paths.sort().map((path) => root === "." ? path : `${root}/${path}`);
}

async function filesBelow(root: string, folder: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${root}/${folder}`)) {
    const path = `${folder}${name}`;
    if (name.startsWith(".") || name === "node_modules" || name === BUILT || path === CHECKED_APART) continue;
    if (isDirectory && !await isProject(`${root}/${path}`)) paths.push(...await filesBelow(root, `${path}/`));
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
