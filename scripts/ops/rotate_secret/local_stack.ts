import { LOCAL_KEYS } from "../../platform/stack/keys.ts";
import type { Project } from "./function_secrets.ts";

/** A local stack as the CLI takes a project. `profile` is a file, which is the caller's to be removed. */
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
