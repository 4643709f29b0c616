import { z } from "zod";
import { addressForCli } from "../project/database.ts";
import { SupabaseCli } from "../../platform/cli/supabase_cli.ts";
import { examine, type Finding, met, unmet } from "./finding.ts";
import { REPOSITORY } from "../../dev/repository.ts";

const lints = z.object({
  results: z.array(z.object({ name: z.string(), detail: z.string() }))
    .default([]),
});
const SHOWN = 3;

/** Supabase's own security and performance lints, from warnings on; without hints about indexes. */
export function checkAdvisors(databaseUrl: string): Promise<Finding[]> {
  const requirement = "Supabase's advisors";
  const remedy = "Advisors in the dashboard explains each, with its remedy.";
  return examine(requirement, remedy, async () => {
    const cli = new SupabaseCli({
      directory: REPOSITORY,
      databasePassword: decodeURIComponent(new URL(databaseUrl).password),
    });
    const printed = await cli.run(
      ...["db", "advisors", "--db-url", addressForCli(databaseUrl)],
      ...["--level", "warn", "--output-format", "json"],
    );
    const { results } = lints.parse(JSON.parse(printed));
    if (results.length === 0) return met(requirement, "no warning");
    const found = results.slice(0, SHOWN).map(({ name, detail }) => `${name}: ${detail}`);
    if (results.length > SHOWN) {
      found.push(`and ${results.length - SHOWN} more`);
    }
    return unmet(requirement, found.join("; "), remedy);
  });
}
