import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { REPOSITORY } from "../../../dev/repository.ts";
import { stackPages } from "./pages.ts";

const serve = stackPages(REPOSITORY, {
  url: "http://127.0.0.1:54321",
  databaseUrl: "postgresql://postgres:postgres@127.0.0.1:54322/postgres",
});
const get = (path: string, init?: RequestInit) => serve(new Request(`http://127.0.0.1:54321${path}`, init));

describe("the start page", () => {
  it("names addresses, commands and pages, without script or inline style", async () => {
    const answer = await get("/_stack/");
    expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(answer.headers.get("content-type")).toBe("text/html; charset=utf-8");
    const page = await answer.text();
    expect(page).toContain("npm run pipeline -- upload your.pdf --watch");
    expect(page).toContain("http://127.0.0.1:54321/functions/v1/api/health");
    expect(page).not.toMatch(/<script|<style|\son\w+=|\sstyle=|javascript:/i);
    expect((await get("/_stack/style.css")).headers.get("content-type")).toBe("text/css; charset=utf-8");
  });

  it("leads to pages that exist", async () => {
    const page = await (await get("/_stack/")).text();
    const paths = [...page.matchAll(/href="(\/[^"]*)"/g)].map(([, path]) => path);
    expect(paths.length).toBeGreaterThan(4);
    const ofConsole = ["/", "/reference.html"];
    expect(paths).toEqual(expect.arrayContaining(ofConsole));
    for (const path of paths.filter((path) => !ofConsole.includes(path))) {
      expect([path, (await get(path)).status]).toEqual([path, 200]);
    }
  });

  it("refuses to be written to", async () => {
    expect((await get("/_stack/", { method: "POST" })).status).toBe(405);
    expect((await get("/_stack/nothing")).status).toBe(404);
  });
});

describe("the project's documents", () => {
  it("are pages whose links lead to each other's headings", async () => {
    const readme = await (await get("/_stack/files/README.md")).text();
    expect(readme).toContain("<h1 ");
    const local = await (await get("/_stack/files/docs/local.md")).text();
    expect(local).toContain('id="without-keys"');
    expect(local).not.toContain("<script");
  });

  it("are files of the project as text, if they are no Markdown", async () => {
    const answer = await get("/_stack/files/scripts/dev/run.mjs");
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "text/plain; charset=utf-8"]);
  });

  describe("stay within what is published", () => {
    let folder: string;
    let own: typeof serve;
    beforeAll(async () => {
      folder = await Deno.makeTempDir({ prefix: "pages-" });
      own = stackPages(`${folder}/project`, { url: "http://x", databaseUrl: "" });
      await Deno.mkdir(`${folder}/project/.hidden`, { recursive: true });
      await Deno.mkdir(`${folder}/project/node_modules`);
      for (const name of ["secret.md", "project/.hidden/a.md", "project/.env.md", "project/node_modules/a.md"]) {
        await Deno.writeTextFile(`${folder}/${name}`, "secret");
      }
      await Deno.writeTextFile(`${folder}/project/.env`, "secret");
      await Deno.symlink(`${folder}/secret.md`, `${folder}/project/link.md`);
      await Deno.symlink(`${folder}/project/.env.md`, `${folder}/project/shown.md`);
      await Deno.writeTextFile(`${folder}/project/a.md`, "# A\n\n<script>alert(1)</script> [x](javascript:alert(1))\n");
    });
    afterAll(() => Deno.remove(folder, { recursive: true }));

    it.each([
      "..%2Fsecret.md",
      "%2e%2e/secret.md",
      "link.md",
      "shown.md",
      ".env",
      ".env.md",
      ".hidden/a.md",
      "node_modules/a.md",
      "a.md/b.md",
      "missing.md",
      "%ff.md",
      "",
    ])("hides %s", async (path) => {
      const answer = await own(new Request(`http://x/_stack/files/${path}`));
      expect([answer.status, await answer.text()]).toEqual([404, expect.not.stringContaining("secret")]);
    });

    it("shows HTML in Markdown as text", async () => {
      const page = await (await own(new Request("http://x/_stack/files/a.md"))).text();
      expect(page).toContain("&lt;script&gt;");
      expect(page).not.toContain('href="javascript:');
    });
  });
});
