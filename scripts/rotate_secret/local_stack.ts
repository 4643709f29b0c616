import { z } from "zod";
import { LOCAL_KEYS } from "../stack/keys.ts";
import type { Project } from "./function_secrets.ts";
import { RotationError } from "./rotate.ts";

const about = z.object({ databasePort: z.number() });

/**
 * The local stack as the CLI takes a project, and its database. `profile` is a file of the caller's to be removed.
 * @param url of the stack's gateway
 * @throws {RotationError} if there is none
 */
export async function localProject(
  url: string,
): Promise<{ project: Project & { profile: string }; databaseUrl: string }> {
  const answer = await fetch(`${url}/_stack`).then(
    (response) => response.json(),
    (cause) => {
      const message = `No stack answers at ${url}; npm run stack starts it.`;
      throw new RotationError(message, { cause });
    },
  );
  const { databasePort } = about.parse(answer);
  const profile = await Deno.makeTempFile({ suffix: ".yaml" });
  await Deno.writeTextFile(
    profile,
    `name: local\napi_url: ${url}\ndashboard_url: ${url}\nproject_host: supabase.co\n`,
  );
  return {
    project: {
      ref: "localstacklocalstack",
      profile,
      accessToken: LOCAL_KEYS.managementToken,
    },
    databaseUrl: `postgresql://postgres@127.0.0.1:${databasePort}/postgres`,
  };
}
