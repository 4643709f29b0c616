import { readFile } from "node:fs/promises";
import { afterAll, describe, expect, it } from "vitest";
import {
  databaseAlerts,
  prometheusAlerts,
} from "../../../scripts/ops/drill/rules.ts";
import { createProgram } from "../../../scripts/ops/pipeline/program.ts";
import { connect } from "./harness.ts";

const root = new URL("../../../", import.meta.url);
const read = (path: string) => readFile(new URL(path, root), "utf8");
const runbook = await read("docs/runbook.md");
const sections = runbook.split(/^## /m).slice(1);

describe("the runbook", () => {
  const sql = connect();
  afterAll(() => sql.end());

  it("has a section for each rule with its meaning, first check and remedy", async () => {
    const ofRules = sections.filter((section) =>
      section.startsWith("Pipeline")
    );
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

  it("has commands that parse", async () => {
    const { scripts } = JSON.parse(await read("package.json"));
    const lines = [
      ...runbook.matchAll(/npm (?:run )?[^`\n]+(?:\n[^`\n]+)?`|^npm [^\n]+$/gm),
    ]
      .map(([line]) => line.replace(/`$/, "").replaceAll(/\s+/g, " "));
    expect(lines.length).toBeGreaterThan(20);
    for (const line of lines) {
      const [, name, rest] = /^npm (?:run )?(\S+)(?: -- (.*))?$/.exec(line) ??
        [];
      expect(Object.keys(scripts), line).toContain(name);
      if (name === "pipeline") await understand(rest ?? "", line);
    }
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

  it("has valid links", async () => {
    const headings = sections.map((section) =>
      `#${
        section.split("\n")[0].toLowerCase().replaceAll(/[^\w -]/g, "")
          .replaceAll(" ", "-")
      }`
    );
    for (const [, target] of runbook.matchAll(/\]\(([^)]+)\)/g)) {
      if (target.startsWith("#")) expect(headings).toContain(target);
      else if (!target.startsWith("http")) await read(`docs/${target}`);
    }
  });
});

/** Parses a command as the program would, without running it. */
async function understand(text: string, line: string): Promise<void> {
  const args = [...text.matchAll(/"([^"]*)"|(\S+)/g)]
    .map(([, quoted, bare]) => quoted ?? bare);
  let understood = "";
  const program = createProgram(
    () => () => {
      understood = program.args[0];
      return Promise.resolve();
    },
    () => {},
  );
  // This starts a program of its own.
  if (["doctor", "--help"].includes(args[0])) return;
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ writeErr: () => {} });
  }
  await program.parseAsync(args, { from: "user" }).catch((error) => {
    throw new Error(`${line}: ${error.message}`);
  });
  expect(understood, line).toBe(args[0]);
}
