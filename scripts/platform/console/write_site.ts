import { dirname } from "node:path";
import { filesBelow } from "../../dev/build/kept_build.ts";
import { UsageError } from "../../dev/error_with_remedy.ts";
import { ignoreMissing, isThere } from "../../dev/files.ts";
import { cachingOf, metaPolicy, securityHeaders } from "./policy.ts";
import type { ConsoleSettings } from "./settings.ts";
import { SETTINGS_FILE } from "./site.ts";

/** The headers as Netlify, Cloudflare Pages and others read them. */
const HEADERS_FILE = "_headers";

/**
 * Writes the console for one project as files for a static host. Replaces what an earlier call wrote.
 * @param built the folder that `buildConsole` returned
 * @throws {UsageError} if the folder has other files
 */
export async function writeSite(built: string, settings: ConsoleSettings, folder: string): Promise<void> {
  await refuseOtherFiles(folder);
  const aside = `${folder}.${Deno.pid}`;
  try {
    for (const file of await filesBelow(built)) {
      const place = `${aside}${file.slice(built.length)}`;
      await Deno.mkdir(dirname(place), { recursive: true });
      if (file.endsWith(".html")) {
        await Deno.writeTextFile(place, withPolicy(await Deno.readTextFile(file), metaPolicy(settings.url)));
      } else await Deno.copyFile(file, place);
    }
    await Deno.writeTextFile(`${aside}/${SETTINGS_FILE}`, `${JSON.stringify(settings, null, 2)}\n`);
    await Deno.writeTextFile(`${aside}/${HEADERS_FILE}`, headersFile(settings.url));
    await Deno.remove(folder, { recursive: true }).catch(ignoreMissing);
    await Deno.rename(aside, folder);
  } finally {
    await Deno.remove(aside, { recursive: true }).catch(ignoreMissing);
  }
}

/** Puts the policy before anything that it governs. */
export function withPolicy(html: string, policy: string): string {
  const charset = '<meta charset="utf-8">';
  if (html.split(charset).length !== 2) throw new Error("A page of the console does not begin as expected.");
  const content = policy.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
  return html.replace(charset, `${charset}\n    <meta http-equiv="Content-Security-Policy" content="${content}">`);
}

export function headersFile(url: string): string {
  const lines = (path: string, headers: Record<string, string>) => [
    path,
    ...Object.entries(headers).map(([name, value]) => `  ${name}: ${value}`),
  ];
  return [
    ...lines("/*", securityHeaders(url)),
    ...["/", "/*.html", "/*.json"].flatMap((path) => lines(path, { "cache-control": cachingOf(path) })),
    ...lines("/assets/*", { "cache-control": cachingOf("assets/") }),
    "",
  ].join("\n");
}

async function refuseOtherFiles(folder: string): Promise<void> {
  if (!await isThere(folder)) return;
  const isEarlierSite = await isThere(`${folder}/${SETTINGS_FILE}`) && await isThere(`${folder}/${HEADERS_FILE}`);
  if (isEarlierSite) return;
  for await (const { name } of Deno.readDir(folder)) {
    throw new UsageError(
      `${folder} has other files, such as ${name}, which would be lost.`,
      "Name a new or an empty folder with --out.",
    );
  }
}
