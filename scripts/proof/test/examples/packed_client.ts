import { REPOSITORY } from "../../../dev/repository.ts";
import { runToEnd } from "../browser/programs.ts";

/** Packs the client as npm would publish it, which builds it first, and unpacks that as `client` in the folder. */
export async function packClient(top: string, signal: AbortSignal): Promise<void> {
  await runToEnd("npm", ["pack", "--pack-destination", top], { cwd: `${REPOSITORY}/client`, signal });
  const packed = [...Deno.readDirSync(top)].map(({ name }) => name).filter((name) => name.endsWith(".tgz"));
  if (packed.length !== 1) throw new Error(`npm packed ${packed.length} files in ${top} instead of one.`);
  await Deno.mkdir(`${top}/client`);
  await runToEnd("tar", ["-xzf", `${top}/${packed[0]}`, "-C", `${top}/client`, "--strip-components=1"], { signal });
}
