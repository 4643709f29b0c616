import type { FunctionUpload } from "../../platform/simulators/management_api/project.ts";
import { moduleGraph } from "./deno.ts";
import { unpack } from "./served_functions.ts";

/**
 * Inspects an upload as hosted receives it: in an empty folder, with the uploaded files only.
 * @returns missing files, as sentences
 */
export async function inspectUpload(upload: FunctionUpload): Promise<string[]> {
  const folder = await Deno.makeTempDir({ prefix: "upload-" });
  try {
    await unpack(upload, folder);
    const { entrypoint_path: entrypoint } = upload.metadata;
    const modules = await moduleGraph(folder, entrypoint);
    return modules.flatMap(({ error, dependencies }) => [
      ...error ? [`${upload.slug}: ${error.replaceAll(folder, "")}`] : [],
      ...dependencies.filter(({ specifier }) => !specifier.startsWith("node:"))
        .map(({ specifier }) => `${upload.slug} imports ${specifier}, which was not uploaded`),
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
