import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { call, createUser, functionsUrl, handbook, PASSWORD, stack, variant } from "./harness.ts";
import { useDatabase } from "./hooks.ts";

const root = new URL("../../../", import.meta.url);
const read = (path: string) => readFile(new URL(path, root), "utf8");
const blocksOf = async (page: string, language: string) =>
  [...(await read(page)).matchAll(
    new RegExp(`^ *\`\`\`${language}\\n([^]*?)^ *\`\`\``, "gm"),
  )].map(([, block]) => block);

/** Pages whose statements others run: the runbook's test and the drill, the rehearsal, the import's test, a check of its own. */
const RUN_ELSEWHERE = [
  "docs/runbook.md",
  "docs/deploying/first-deployment.md",
  "docs/deploying/moving.md",
  "docs/add-a-stage.md",
];
const pages = (await readdir(new URL("docs/", root), { recursive: true }))
  .filter((path) => path.endsWith(".md")).map((path) => `docs/${path}`);
const pagesWith = async (language: string) =>
  (await Promise.all(
    pages.map(async (page) => (await blocksOf(page, language)).length > 0 ? [page] : []),
  )).flat().filter((page) => !RUN_ELSEWHERE.includes(page));
const pagesWithSql = await pagesWith("sql");
const pagesWithTypeScript = await pagesWith("ts");

describe("the documents", () => {
  const sql = useDatabase();

  it("have curl commands that run", async () => {
    const [script, searching] = await Promise.all(
      ["docs/using/first-document.md", "docs/using/searching.md"]
        .map(async (page) => (await blocksOf(page, "sh"))[0]),
    );
    expect(script).toContain("API=http://127.0.0.1:54321/functions/v1/api");
    const { status, stdout, stderr } = spawnSync(
      "bash",
      [
        "-euo",
        "pipefail",
        "-c",
        `${script}\necho\n${searching}`.replace(
          "http://127.0.0.1:54321/functions/v1",
          functionsUrl,
        ),
      ],
      { cwd: root, encoding: "utf8", timeout: 150_000 },
    );
    expect([status, stderr]).toEqual([0, ""]);
    const [{ results }, searched] = stdout.split("\n").map((line) => JSON.parse(line));
    expect(results).toHaveLength(2);
    expect(results[0].filename).toBe("handbook.pdf");
    expect(searched.query).toBe('"opening hours" -night');
  });

  it("have a client in the README that takes a file from upload to an answer", async () => {
    const [example] = await blocksOf("README.md", "ts");
    const user = await createUser();
    const folder = await mkdtemp(`${tmpdir()}/readme-`);
    try {
      await writeFile(`${folder}/handbook.pdf`, variant(await handbook()));
      const program = `
        const [url, publishableKey, email, password] = ${
        JSON.stringify([stack.url, stack.publishableKey, user.email, PASSWORD])
      };
        const file = new File([await Deno.readFile("${folder}/handbook.pdf")],
          "handbook.pdf", { type: "application/pdf" });
        const show = (...values: unknown[]) => console.log(...values);
        ${
        example.replace(
          "supabase-document-pipeline-client",
          new URL("client/src/index.ts", root).href,
        )
      }
        Deno.exit(0);`;
      // Packages are looked for from where a program is.
      const path = new URL(`.readme_example_${user.id}.ts`, root);
      await writeFile(path, program);
      try {
        const { status, stdout, stderr } = spawnSync(
          Deno.execPath(),
          ["run", "-A", "--quiet", "--check", fileURLToPath(path)],
          { cwd: root, encoding: "utf8", timeout: 170_000 },
        );
        expect([status, stderr]).toEqual([0, ""]);
        const shown = stdout.split("\n");
        expect(shown).toContain("complete");
        expect(shown).toContainEqual(
          expect.stringMatching(/^handbook\.pdf \d+ [^]*/),
        );
      } finally {
        await rm(path);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("have TypeScript that type-checks", async () => {
    const blocks = (await Promise.all(
      pagesWithTypeScript.map((page) => blocksOf(page, "ts")),
    )).flat();
    expect(blocks.length).toBeGreaterThan(4);
    // A block stands in a function that has what the text around it supposes.
    const program = `
      import type { SupabaseClient, User } from "@supabase/supabase-js";
      import { createPipelineClient, type PipelineClient } from "./client/src/index.ts";
      import { resumableUploads } from "./client/src/resumable.ts";
      declare const supabase: SupabaseClient, user: User, file: File;
      declare const signal: AbortSignal, mime: string, sha256: string;
      declare const filename: string, bytes_len: number;
      declare function show(...values: unknown[]): void;
      declare function emphasise(text: string): void;
      ${
      blocks.map((block, index) =>
        `export async function example${index}(pipeline: PipelineClient) {
          await Promise.resolve(pipeline);
          { ${block} }
        }`
      ).join("\n")
    }
      export { createPipelineClient, resumableUploads };`;
    const path = new URL(`.examples_${crypto.randomUUID()}.ts`, root);
    await writeFile(path, program);
    try {
      const { status, stderr } = spawnSync(
        Deno.execPath(),
        ["check", "--quiet", fileURLToPath(path)],
        { cwd: root, encoding: "utf8", timeout: 170_000 },
      );
      expect([status, stderr]).toEqual([0, ""]);
    } finally {
      await rm(path);
    }
  });

  it.each([
    "docs/using/first-document.md",
    "docs/using/uploading.md",
    "docs/using/status.md",
    "docs/using/searching.md",
    "docs/using/accounts.md",
    "docs/operating/monitoring.md",
  ])("name routes in %s that exist", async (page) => {
    const routes = [
      ...(await read(page)).matchAll(
        /`(GET|POST|DELETE)\s+(\/(?:api|webhook)\/[^`?]+)[^`]*`/g,
      ),
    ].map(([, method, path]) => [method, path]);
    expect(routes.length).toBeGreaterThan(0);
    for (const [method, path] of routes) {
      const { status } = await call(
        path.replace(/\{\w+\}/, crypto.randomUUID()),
        { method, ...method === "POST" && { json: {} } },
      );
      // 404 and 405 would be: nothing there. What is there asks for a token, a signature or a better body.
      expect([method, path, [404, 405].includes(status)])
        .toEqual([method, path, false]);
    }
  });

  it("list every field of a search", async () => {
    const { paths } = (await call("/api/openapi.json")).body;
    const { properties } = paths["/api/search"].post.requestBody
      .content["application/json"].schema;
    const [table] = (await read("docs/using/searching.md"))
      .split("## The answer");
    const rows = [...table.matchAll(/^\| `(\w+)` +\|/gm)];
    expect(rows.map(([, name]) => name).toSorted())
      .toEqual(Object.keys(properties).toSorted());
  });

  it.each(pagesWithSql)("have statements in %s that run", async (page) => {
    const statements = (await blocksOf(page, "sql"))
      .flatMap((block) => block.replace(/^\s*--.*$/gm, "").split(";"))
      .map((text) => text.trim()).filter(Boolean);
    expect(statements.length).toBeGreaterThan(0);
    await sql.begin(async (tx) => {
      for (const statement of statements) {
        await tx.unsafe(statement.replaceAll("…", crypto.randomUUID()))
          .catch((error) => {
            throw new Error(`${statement}\n${error.message}`);
          });
      }
      await tx`rollback`;
    });
  });
});
