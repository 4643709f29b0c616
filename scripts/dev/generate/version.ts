import type { Product } from "./product.ts";
import { REPOSITORY } from "../repository.ts";

const CONFIG = "supabase/config.toml";

/**
 * The release, as package.json names it, where the platform needs it: in the API and in the path of what is deployed.
 */
export async function versions(): Promise<Product[]> {
  const { version } = JSON.parse(
    await Deno.readTextFile(`${REPOSITORY}/package.json`),
  );
  const config = await Deno.readTextFile(`${REPOSITORY}/${CONFIG}`);
  return [
    {
      path: "supabase/functions/api/version.ts",
      text:
        `/** The release that is deployed. Written by npm run generate from package.json, which the platform does not receive. */
export const VERSION = "${version}";
`,
    },
    {
      path: CONFIG,
      text: config.replaceAll(
        /(?<=^entrypoint = "\.\/functions\/_built\/)[^/]+(?=\/)/gm,
        version,
      ),
    },
  ];
}
