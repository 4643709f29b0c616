import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";
import { stackConsole } from "../stack/pages/stack_console.ts";
import { consoleSite } from "./site.ts";
import { headersFile, withPolicy, writeSite } from "./write_site.ts";

const settings = { url: "https://abcdefghijklmnopqrst.supabase.co", publishableKey: "sb_publishable_a" };
const PAGE = `<!doctype html>\n<html>\n  <head>\n    <meta charset="utf-8">\n  </head>\n</html>\n`;

let place: string;
let built: string;

beforeAll(async () => {
  place = await Deno.makeTempDir({ prefix: "console-site-" });
  built = `${place}/dist`;
  await Deno.mkdir(`${built}/assets`, { recursive: true });
  await Deno.writeTextFile(`${built}/index.html`, PAGE);
  await Deno.writeTextFile(`${built}/assets/main-12345678.js`, "export {};");
  await Deno.writeTextFile(`${built}/.built`, "digest");
  await Deno.writeTextFile(`${place}/secret.html`, "secret");
});
afterAll(() => Deno.remove(place, { recursive: true }));

const get = (path: string, init?: RequestInit) =>
  consoleSite(() => Promise.resolve(built), settings)(request(path, init));
const request = (path: string, init?: RequestInit) => new Request(`http://127.0.0.1:1${path}`, init);

describe("the served console", () => {
  it("answers its page and files with a strict policy", async () => {
    for (const path of ["/", "/index.html", "/assets/main-12345678.js", "/config.json"]) {
      const answer = (await get(path))!;
      expect([path, answer.status]).toEqual([path, 200]);
      const policy = answer.headers.get("content-security-policy")!;
      expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
      expect(policy).toContain(`connect-src 'self' ${settings.url} wss://abcdefghijklmnopqrst.supabase.co;`);
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe|\*|https:(?!\/\/)/);
      expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
      expect(answer.headers.get("referrer-policy")).toBe("no-referrer");
      expect(answer.headers.get("cross-origin-opener-policy")).toBe("same-origin");
    }
  });

  it("answers the project's settings", async () => {
    expect(await (await get("/config.json"))!.json()).toEqual(settings);
  });

  it("lets browsers keep only files that are named after their content", async () => {
    expect((await get("/assets/main-12345678.js"))!.headers.get("cache-control")).toContain("immutable");
    for (const path of ["/", "/config.json"]) {
      expect((await get(path))!.headers.get("cache-control")).toBe("no-cache");
    }
  });

  it.each([
    "/secret.html",
    "/../secret.html",
    "/%2e%2e/secret.html",
    "/..%2fsecret.html",
    "/.built",
    "/assets",
    "/assets/",
  ])(
    "has no file %s",
    async (path) => {
      expect(await get(path)).toBe(undefined);
    },
  );

  it("refuses to be written to", async () => {
    expect((await get("/", { method: "POST" }))!.status).toBe(405);
  });

  it("has no file that a build of newer sources has removed", async () => {
    const file = `${built}/assets/old-12345678.js`;
    await Deno.writeTextFile(file, "export {};");
    const site = consoleSite(() => Promise.resolve(built), settings);
    await site(request("/"));
    await Deno.remove(file);
    expect(await site(request("/assets/old-12345678.js"))).toBe(undefined);
  });

  it("builds once when several pages are opened at once, and again for the next", async () => {
    let builds = 0;
    const site = consoleSite(() => Promise.resolve((builds++, built)), settings);
    await Promise.all([site(request("/")), site(request("/")), site(request("/assets/main-12345678.js"))]);
    expect(builds).toBe(1);
    await site(request("/assets/main-12345678.js"));
    expect(builds).toBe(1);
    await site(request("/"));
    expect(builds).toBe(2);
  });
});

it("answers a page that says why the stack's console could not be built", async () => {
  const fails = () => Promise.reject(new ErrorWithRemedy("<b>a.tsx: error</b>", "Correct it."));
  const answer = (await stackConsole(settings, fails)(request("/")))!;
  const page = await answer.text();
  expect([answer.status, page]).toEqual([500, expect.stringContaining("&lt;b&gt;a.tsx: error&lt;/b&gt;")]);
  expect(page).toContain("Correct it.");
  expect(page).toContain('href="/_stack/"');
});

describe("the written site", () => {
  it("has the files, the settings, and the policy in pages and headers", async () => {
    const folder = `${place}/site`;
    for (let run = 1; run <= 2; run++) {
      await writeSite(built, settings, folder);
      expect(JSON.parse(await Deno.readTextFile(`${folder}/config.json`))).toEqual(settings);
      const page = await Deno.readTextFile(`${folder}/index.html`);
      expect(page).toMatch(
        /<meta charset="utf-8">\n\s*<meta http-equiv="Content-Security-Policy" content="default-src 'none';/,
      );
      // Browsers ignore it there, and say so.
      expect(page).not.toContain("frame-ancestors");
      const headers = await Deno.readTextFile(`${folder}/_headers`);
      expect(headers).toMatch(/^\/\*\n {2}content-security-policy: default-src 'none';.*frame-ancestors 'none'\n/);
      expect(headers).toContain("/assets/*\n  cache-control: public, max-age=31536000, immutable\n");
      expect([...Deno.readDirSync(folder)].map(({ name }) => name).sort())
        .toEqual(["_headers", "assets", "config.json", "index.html"]);
    }
  });

  it("does not replace a folder with other files", async () => {
    const folder = `${place}/mine`;
    await Deno.mkdir(folder);
    await Deno.writeTextFile(`${folder}/thesis.md`, "mine");
    await expect(writeSite(built, settings, folder)).rejects.toMatchObject({
      message: expect.stringContaining("thesis.md"),
    });
    expect(await Deno.readTextFile(`${folder}/thesis.md`)).toBe("mine");
    expect([...Deno.readDirSync(place)].filter(({ name }) => name.startsWith("mine.")).length).toBe(0);
  });

  it("refuses a page whose head it does not know", () => {
    expect(() => withPolicy("<html></html>", "default-src 'none'")).toThrow();
  });

  it("names no header that could end its line", () => {
    expect(headersFile("https://a.example/\r\nx: y")).not.toContain("\r");
  });
});
