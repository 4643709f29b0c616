import { extname } from "node:path";
import { filesBelow } from "../../dev/build/kept_build.ts";
import { cachingOf, securityHeaders } from "./policy.ts";
import type { ConsoleSettings } from "./settings.ts";

export const SETTINGS_FILE = "config.json";
const START_PAGE = "index.html";

const TYPES: Record<string, string> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".mjs": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};
const OTHER_TYPE = "application/octet-stream";

/** Answers requests for the console's files; undefined for a path that is none of them. */
export type ConsoleSite = (request: Request) => Promise<Response | undefined>;

/**
 * The console for one project.
 * @param build makes the files current, and returns their folder; called whenever a page is opened
 */
export function consoleSite(build: () => Promise<string>, settings: ConsoleSettings): ConsoleSite {
  const headers = securityHeaders(settings.url);
  let building: Promise<Map<string, string>> | undefined;
  let files: Map<string, string> | undefined;
  const current = async (isPage: boolean) => {
    if (files && !isPage) return files;
    building ??= build().then(filesIn).finally(() => building = undefined);
    return files = await building;
  };
  return async (request) => {
    const path = new URL(request.url).pathname.slice(1) || START_PAGE;
    const body = path === SETTINGS_FILE
      ? JSON.stringify(settings)
      : await contentOf((await current(extname(path) === ".html")).get(path));
    if (body === undefined) return undefined;
    if (!["GET", "HEAD"].includes(request.method)) {
      return Response.json({ message: "Method not allowed" }, { status: 405, headers: { allow: "GET, HEAD" } });
    }
    return new Response(body, {
      headers: { ...headers, "content-type": TYPES[extname(path)] ?? OTHER_TYPE, "cache-control": cachingOf(path) },
    });
  };
}

/** The places of the files, by the path under which they are served: no other file is. */
async function filesIn(folder: string): Promise<Map<string, string>> {
  return new Map((await filesBelow(folder)).map((file) => [file.slice(folder.length + 1), file]));
}

async function contentOf(file: string | undefined): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (!file) return undefined;
  try {
    return await Deno.readFile(file);
  } catch (error) {
    // Another process has built the console of newer sources.
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
