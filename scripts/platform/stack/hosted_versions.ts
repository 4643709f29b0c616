import { existsSync } from "node:fs";
import { resolve } from "node:path";
import manifest from "../../../package.json" with { type: "json" };

/** The versions that hosted Supabase runs, observed in November 2026. README.md lists the differences here. */
export const HOSTED_VERSIONS = {
  postgres: 17,
  edgeRuntime: "1.74",
  /** The version that edge-runtime embeds. package.json pins the package that functions run on here. */
  deno: manifest.optionalDependencies["deno-hosted"].split("@").at(-1)!,
  pgmq: ["1.4.4", "1.5.1"],
  pgNet: ["0.14", "0.19", "0.20"],
  storageApi: "1.70",
} as const;

const PACKAGE = resolve(
  import.meta.dirname!,
  "../../../node_modules/deno-hosted/deno",
);

/** The program that runs functions: hosted's version of Deno, or ours on a machine without it. */
export function functionsDeno(): { program: string; version: string } {
  return existsSync(PACKAGE)
    ? { program: PACKAGE, version: HOSTED_VERSIONS.deno }
    : { program: Deno.execPath(), version: Deno.version.deno };
}
