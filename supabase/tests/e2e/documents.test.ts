import { spawnSync } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PackedClient } from "../../../client/testing/packed_client.ts";
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
/** A statement that stands at the beginning of a program. */
const IMPORT = /^import [^;]*? from "[^"]+";$/gm;

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

  describe("have TypeScript", () => {
    let client: PackedClient;
    let settings: string;
    beforeAll(async () => {
      client = await PackedClient.install();
      settings = await client.write("deno.json", JSON.stringify({ nodeModulesDir: "manual" }));
    });
    afterAll(() => client?.[Symbol.asyncDispose]());

    const deno = (...args: string[]) =>
      spawnSync(Deno.execPath(), args, { cwd: client.folder, encoding: "utf8", timeout: 170_000 });

    it("in the README that takes a file from upload to an answer, with the packed client", async () => {
      const [example] = await blocksOf("README.md", "ts");
      const user = await createUser();
      await writeFile(`${client.folder}/handbook.pdf`, variant(await handbook()));
      const path = await client.write(
        "readme.ts",
        `
        const [url, publishableKey, email, password] = ${
          JSON.stringify([stack.url, stack.publishableKey, user.email, PASSWORD])
        };
        const file = new File([await Deno.readFile("handbook.pdf")], "handbook.pdf", { type: "application/pdf" });
        const show = (...values: unknown[]) => console.log(...values);
        ${example}
        Deno.exit(0);`,
      );
      const { status, stdout, stderr } = deno("run", "-A", "--quiet", "--check", "--config", settings, path);
      expect([status, stderr]).toEqual([0, ""]);
      const shown = stdout.split("\n");
      expect(shown).toContain("complete");
      expect(shown).toContainEqual(expect.stringMatching(/^handbook\.pdf \d+ [^]*/));
    });

    it("that type-checks", async () => {
      const blocks = (await Promise.all(
        [...pagesWithTypeScript, "client/README.md"].map((page) => blocksOf(page, "ts")),
      )).flat();
      expect(blocks.length).toBeGreaterThan(8);
      const imports = new Set(blocks.flatMap((block) => block.match(IMPORT) ?? []));
      // A block stands in a function that has what the text around it supposes.
      const path = await client.write(
        "examples.ts",
        `
        ${[...imports].join("\n")}
        import type { SupabaseClient, User } from "@supabase/supabase-js";
        import type { PipelineClient, UploadTask } from "supabase-document-pipeline-client";
        declare const url: string, publishableKey: string;
        declare const user: User, file: File, files: File[];
        declare const signal: AbortSignal, mime: string, sha256: string;
        declare const filename: string, bytes_len: number;
        declare function show(...values: unknown[]): void;
        declare function emphasise(text: string): void;
        ${
          blocks.map((block, index) =>
            `export async function example${index}(
              supabase: SupabaseClient, pipeline: PipelineClient, documentId: string, task: UploadTask,
            ) {
              await Promise.resolve([supabase, pipeline, documentId, task]);
              { ${block.replaceAll(IMPORT, "")} }
            }`
          ).join("\n")
        }`,
      );
      const { status, stderr } = deno("check", "--quiet", "--config", settings, path);
      expect([status, stderr]).toEqual([0, ""]);
    });

    it("of React components that type-checks", async () => {
      const pages = await pagesWith("tsx");
      const blocks = (await Promise.all(pages.map((page) => blocksOf(page, "tsx")))).flat();
      expect(blocks.length).toBeGreaterThan(1);
      const path = await client.write(
        "components.tsx",
        `/** @jsxImportSource react */
        /// <reference lib="dom" />
        import type { SupabaseClient } from "@supabase/supabase-js";
        import { createPipelineClient } from "supabase-document-pipeline-client";
        import { resumableUploads } from "supabase-document-pipeline-client/resumable";
        import {
          PipelineProvider, useDocument, useDocuments, usePipeline, useSearch, useUpload,
        } from "supabase-document-pipeline-client/react";
        declare const supabase: SupabaseClient;
        declare function show(...values: unknown[]): void;
        ${blocks.join("\n")}
        export { createPipelineClient, PipelineProvider, resumableUploads };
        export { useDocument, useDocuments, usePipeline, useSearch, useUpload };`,
      );
      const { status, stderr } = deno("check", "--quiet", "--config", settings, path);
      expect([status, stderr]).toEqual([0, ""]);
    });
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
