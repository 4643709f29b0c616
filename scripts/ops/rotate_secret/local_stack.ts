import { LOCAL_KEYS } from "../../platform/stack/keys.ts";
import type { Project } from "./function_secrets.ts";

/** A local stack as a project for the CLI. The caller removes the `profile` file. */
export async function localProject(
  url: string,
): Promise<Project & { profile: string }> {
  const profile = await Deno.makeTempFile({ suffix: ".yaml" });
  await Deno.writeTextFile(
    profile,
    `name: local\napi_url: ${url}\ndashboard_url: ${url}\nproject_host: supabase.co\n`,
  );
  return {
    ref: "localstacklocalstack",
    profile,
    accessToken: LOCAL_KEYS.managementToken,
  };
}
