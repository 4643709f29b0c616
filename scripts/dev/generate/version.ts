import type { Product } from "./product.ts";
import { REPOSITORY } from "../repository.ts";

const CLIENT = "client/package.json";
const CONFIG = "supabase/config.toml";

/**
 * The release, as package.json names it, where others need it: in the API, in the path of what is deployed, and in the
 * package of the client, together with the licence.
 */
export async function versions(): Promise<Product[]> {
  const { version } = JSON.parse(
    await Deno.readTextFile(`${REPOSITORY}/package.json`),
  );
  const client = JSON.parse(await Deno.readTextFile(`${REPOSITORY}/${CLIENT}`));
  const licence = await Deno.readTextFile(`${REPOSITORY}/LICENSE`);
  const config = await Deno.readTextFile(`${REPOSITORY}/${CONFIG}`);
  return [
    { path: CLIENT, text: JSON.stringify({ ...client, version }, null, 2) },
    { path: "client/LICENSE", text: licence },
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
