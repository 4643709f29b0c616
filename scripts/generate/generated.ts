import { STAGES } from "../../supabase/functions/_stages/index.ts";
import { compositeTypes } from "./composite_types.ts";
import { stageSwitches } from "./stage_switches.ts";

/** A file that is written by the generator and committed. */
export interface Generated {
  /** In the repository. */
  path: string;
  content: string;
}

/** What each generated file is to hold, as the sources below `root` have it. */
export async function generated(root: string): Promise<Generated[]> {
  const folder = "supabase/migrations";
  const names = [];
  for await (const { name } of Deno.readDir(`${root}/${folder}`)) {
    if (name.endsWith(".sql")) names.push(name);
  }
  names.sort();
  const migrations = await Promise.all(
    names.map((name) => Deno.readTextFile(`${root}/${folder}/${name}`)),
  );
  // After a release a new stage brings a new migration of this name; earlier ones stay as they are.
  const switches = names.findLast((name) =>
    name.endsWith("_stage_switches.sql")
  );
  if (!switches) throw new Error("there is no migration *_stage_switches.sql");
  const schema = migrations.join("\n");
  const stages = STAGES.map((name) => ({
    name,
    hasOutput: schema.includes(
      `create type pipeline_internal.${name}_output as (`,
    ),
  }));
  const outputs = stages.filter(({ hasOutput }) => hasOutput)
    .map(({ name }) => `${name}_output`);
  return [
    { path: `${folder}/${switches}`, content: stageSwitches(stages) },
    {
      path: "supabase/functions/_engine/composite_types.ts",
      content: compositeTypes(schema, ["settlement", "attempt", ...outputs]),
    },
  ];
}
