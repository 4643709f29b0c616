import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import type postgres from "postgres";
import { describe, expect, it } from "vitest";
import { call, functionsUrl } from "./harness.ts";
import { useDatabase } from "./hooks.ts";

const root = new URL("../../../", import.meta.url);
const readme = await readFile(new URL("README.md", root), "utf8");
const section = (title: string) =>
  readme.split(/^## /m).find((part) => part.startsWith(title))!;

describe("the README", () => {
  const sql = useDatabase();

  it("has curl commands that run", () => {
    const [script, searching] = ["The API", "Searching"].map((title) =>
      /```sh\n([\s\S]*?)```/.exec(section(title))![1]
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

  it("lists routes that exist", async () => {
    const routes = [
      ...section("The API").matchAll(
        /^\| (`.*?`) +\| [\w ]+? +\|/gm,
      ),
    ].flatMap(([, cell]) =>
      [...cell.matchAll(/`(?:(GET|POST|DELETE) )?(\/[^`]+)`/g)].map((
        [, method, path],
      ) => [method ?? "POST", path])
    );
    expect(routes.length).toBeGreaterThan(12);
    for (const [method, path] of routes) {
      const url = path.replace("{stage}", "parse")
        .replace(/\{\w+\}/, crypto.randomUUID());
      const { status } = await call(url, {
        method,
        ...method === "POST" && { json: {} },
      });
      // An existing route asks for a token, a signature or a better body; a missing one returns 404 or 405.
      expect([method, path, [404, 405].includes(status)]).toEqual([
        method,
        path,
        false,
      ]);
    }
  });

  it("lists every field of a search", async () => {
    const { paths } = (await call("/api/openapi.json")).body;
    const { properties } = paths["/api/search"].post.requestBody
      .content["application/json"].schema;
    const [table] = section("Searching").split("The answer is");
    const rows = [...table.matchAll(/^\| `(\w+)` +\|/gm)];
    expect(rows.map(([, name]) => name).toSorted())
      .toEqual(Object.keys(properties).toSorted());
  });

  it("lists the limits of a new database", async () => {
    let limits: postgres.Row = {};
    await sql.begin(async (tx) => {
      await tx`delete from pipeline_internal.limits`;
      [limits] = await tx`
        insert into pipeline_internal.limits default values returning *`;
      await tx`rollback`;
    });
    const rows = [
      ...section("Limits").matchAll(/^\| `(\w+)` +\| (\S+) +\|/gm),
    ];
    expect(rows.length).toBeGreaterThan(5);
    for (const [, name, value] of rows) {
      expect([name, [limits[name] ?? []].flat().join(", ") || "none"]).toEqual([
        name,
        value,
      ]);
    }
  });

  it("lists the retention of a new database", async () => {
    const rows = [
      ...section("Operate").matchAll(/^\| `(\w+)` +\| (\d+) +\| (.*?) +\|$/gm),
    ].map(([, category, days, description]) => ({
      category,
      days: Number(days),
      description,
    }));
    const retention = await sql`
      select category, days, description from pipeline_internal.retention order by category`;
    expect(rows.sort((a, b) => a.category < b.category ? -1 : 1)).toEqual([
      ...retention,
    ]);
  });

  it.each(["Operate", "Costs and budgets"])(
    "has queries under %s that run",
    async (title) => {
      const statements = [...section(title).matchAll(/```sql\n([\s\S]*?)```/g)]
        .flatMap(([, script]) => script.replace(/^--.*$/gm, "").split(";"))
        .map((text) => text.trim()).filter(Boolean);
      expect(statements.length).toBeGreaterThan(3);
      await sql.begin(async (tx) => {
        for (const statement of statements) {
          await tx.unsafe(statement.replaceAll("…", crypto.randomUUID()));
        }
        await tx`rollback`;
      });
    },
  );
});
