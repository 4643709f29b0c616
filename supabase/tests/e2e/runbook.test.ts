import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import {
  type AlertRule,
  databaseRules,
  prometheusRules,
} from "../../../scripts/ops/drill/rules.ts";
import { readRunbook } from "../../../scripts/ops/drill/runbook.ts";
import { useDatabase } from "./hooks.ts";

const root = new URL("../../../", import.meta.url);
const read = (path: string) => readFile(new URL(path, root), "utf8");
const runbook = await read("docs/runbook.md");
const sections = runbook.split(/^## /m).slice(1);
const { rules } = readRunbook(runbook);

/** The rules sorted by name, reduced to the fields that all sources have. */
function byName(rules: AlertRule[]): AlertRule[] {
  return rules.map((
    { name, severity, threshold, forSeconds, keepFiringSeconds },
  ) => ({ name, severity, threshold, forSeconds, keepFiringSeconds }))
    .toSorted((a, b) => a.name.localeCompare(b.name));
}

describe("the runbook", () => {
  const sql = useDatabase();

  it("lists the rules of the database and of Prometheus, identical unless only one can evaluate them", async () => {
    const listed = (source: RegExp) =>
      byName(rules.filter(({ toldBy }) => source.test(toldBy)));
    expect(listed(/^(both|(Prometheus|the database) alone: .{20,})$/))
      .toHaveLength(rules.length);
    expect(listed(/^(both|Prometheus)/)).toEqual(
      byName(prometheusRules(await read("monitoring/rules.yml"))),
    );
    expect(listed(/^(both|the database)/)).toEqual(
      byName(await databaseRules(sql)),
    );
    expect(listed(/^both$/).length).toBeGreaterThan(15);
  });

  it("has a section for each rule with its meaning, first check and remedy", () => {
    const ofRules = sections.filter((section) =>
      section.startsWith("Pipeline")
    );
    expect(ofRules.map((section) => section.split("\n")[0])).toEqual(
      rules.map(({ name }) => name),
    );
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
