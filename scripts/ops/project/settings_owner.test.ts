import type postgres from "postgres";
import { expect, it } from "vitest";
import type { SupabaseCli } from "../../platform/cli/supabase_cli.ts";
import type { Environment } from "./environments.ts";
import type { Release } from "./release.ts";
import { whyLeaveSettings } from "./settings_owner.ts";

/** @param holds what the project holds besides the pipeline */
function ask(
  { added, pushSettings, asked, tables = [], functions = [] }: {
    added?: Release["added"];
    pushSettings?: boolean;
    asked?: boolean;
    tables?: string[];
    functions?: string[];
  },
) {
  const release = { functions: ["api", "worker"], added } as Release;
  const environment = { projectRef: "a".repeat(20), pushSettings } as Environment;
  const cli = {
    json: () => Promise.resolve([...release.functions, ...functions].map((slug) => ({ slug }))),
  } as unknown as SupabaseCli;
  const sql = (() => Promise.resolve(tables.map((name) => ({ name })))) as unknown as postgres.Sql;
  return whyLeaveSettings({ environment, release, cli }, sql, asked);
}

it("sets the settings of a project that the pipeline has to itself", async () => {
  expect(await ask({})).toBeUndefined();
});

it("leaves those of a project that holds more, and names some of it", async () => {
  expect(await ask({ tables: ["a", "b", "c", "d"], functions: ["greet"] }))
    .toBe("the project also holds 4 tables (a, b, c, …) and 1 function (greet)");
  expect(await ask({ added: { migrations: [] } })).toBe("the pipeline was added to a project of its own");
});

it("does what the operator asks, for this deployment or for all", async () => {
  const more = { tables: ["a"], added: { migrations: [] } };
  expect(await ask({ ...more, asked: true })).toBeUndefined();
  expect(await ask({ ...more, pushSettings: true })).toBeUndefined();
  expect(await ask({ pushSettings: false })).toBe("push_settings is false");
  expect(await ask({ pushSettings: false, asked: true })).toBeUndefined();
});
