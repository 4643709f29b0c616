import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import {
  call,
  connect,
  createUser,
  functionsUrl,
  handbook,
  PASSWORD,
  stack,
  variant,
} from "./harness.ts";

const root = new URL("../../../", import.meta.url);
const read = (path: string) => readFile(new URL(path, root), "utf8");
const blocksOf = async (page: string, language: string) =>
  [...(await read(page)).matchAll(
    new RegExp(`^ *\`\`\`${language}\\n([^]*?)^ *\`\`\``, "gm"),
  )].map(([, block]) => block);

/** Pages whose statements run as they stand. The rehearsal runs those of the first deployment; the runbook has its own test. */
const PAGES_WITH_SQL = [
  "docs/deploying/sizing.md",
  "docs/keys.md",
  "docs/operating/README.md",
  "docs/operating/alerts.md",
  "docs/operating/backup.md",
  "docs/operating/costs.md",
  "docs/operating/limits.md",
  "docs/operating/monitoring.md",
  "docs/operating/notifications.md",
  "docs/using/accounts.md",
];

describe("the documents are true", () => {
  const sql = connect();
  afterAll(() => sql.end());

  it("the curl lines of the first document and of searching run as they stand", async () => {
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
    const [{ results }, searched] = stdout.split("\n").map((line) =>
      JSON.parse(line)
    );
    expect(results).toHaveLength(2);
    expect(results[0].filename).toBe("handbook.pdf");
    expect(searched.query).toBe('"opening hours" -night');
  });

  it("the README's client takes a file from upload to an answer", async () => {
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
          "./pipeline_client.ts",
          new URL("client/pipeline_client.ts", root).href,
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

  it.each([
    "docs/using/first-document.md",
    "docs/using/uploading.md",
    "docs/using/status.md",
    "docs/using/searching.md",
    "docs/using/accounts.md",
    "docs/operating/monitoring.md",
  ])("the routes of %s are there", async (page) => {
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

  it("the table of a search's fields has them all", async () => {
    const { paths } = (await call("/api/openapi.json")).body;
    const { properties } = paths["/api/search"].post.requestBody
      .content["application/json"].schema;
    const [table] = (await read("docs/using/searching.md"))
      .split("## The answer");
    const rows = [...table.matchAll(/^\| `(\w+)` +\|/gm)];
    expect(rows.map(([, name]) => name).toSorted())
      .toEqual(Object.keys(properties).toSorted());
  });

  it.each(PAGES_WITH_SQL)("the statements of %s run", async (page) => {
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
