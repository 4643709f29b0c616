import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { databaseAlerts, prometheusAlerts } from "../../../scripts/ops/drill/rules.ts";
import { useDatabase } from "./hooks.ts";

const root = new URL("../../../", import.meta.url);
const read = (path: string) => readFile(new URL(path, root), "utf8");
const runbook = await read("docs/runbook.md");
const sections = runbook.split(/^## /m).slice(1);

describe("the runbook", () => {
  const sql = useDatabase();

  it("has a section for each rule with its meaning, first check and remedy", async () => {
    const ofRules = sections.filter((section) => section.startsWith("Pipeline"));
    const alerts = [
      ...prometheusAlerts(await read("monitoring/rules.yml")),
      ...await databaseAlerts(sql),
    ];
    expect(ofRules.map((section) => section.split("\n")[0]).toSorted())
      .toEqual([...new Set(alerts)].toSorted());
    for (const section of ofRules) {
      for (const part of ["**Means:**", "**Look first:**", "**Remedy:**"]) {
        expect(section).toContain(part);
      }
      const look = section.split("**Look first:**")[1].split("**Remedy:**")[0];
      expect(look).toMatch(/```(sql|sh)/);
    }
  });

  it("has queries that run", async () => {
    const queries = [...runbook.matchAll(/```sql\n([\s\S]*?)```/g)]
      .flatMap(([, block]) => block.split(";"))
      .map((text) => text.trim()).filter(Boolean);
    expect(queries.length).toBeGreaterThan(20);
    await sql.begin(async (tx) => {
      for (const query of queries) {
        await tx.unsafe(query).catch((error) => {
          throw new Error(`${query}\n${error.message}`);
        });
      }
      await tx`rollback`;
    });
  });

  it("names existing error codes", async () => {
    const { stdout } = await new Deno.Command("grep", {
      args: [
        "-rhoE",
        "[A-Z]+(_[A-Z]+)+",
        "supabase/functions",
        "supabase/migrations",
      ],
      cwd: root,
    }).output();
    const known = new TextDecoder().decode(stdout).split("\n");
    const named = [...runbook.matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g)]
      .map(([, code]) => code);
    expect(named.length).toBeGreaterThan(8);
    expect(known).toEqual(expect.arrayContaining(named));
  });
});
