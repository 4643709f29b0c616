import { REPOSITORY } from "../deploy/operator.ts";
import { generated } from "./generated.ts";

/** Writes the generated files. */
for (const { path, content } of await generated(REPOSITORY)) {
  await Deno.writeTextFile(`${REPOSITORY}/${path}`, content);
  console.log(path);
}
