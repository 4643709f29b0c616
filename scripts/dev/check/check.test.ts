import { afterEach, beforeEach, expect, test } from "vitest";
import { ScratchRepository } from "../release/testing/scratch_repository.ts";
import { check } from "./check.ts";

const MIGRATION = "supabase/migrations/20260101000000_first.sql";
let repository: ScratchRepository;

beforeEach(async () => {
  repository = await ScratchRepository.make();
  await repository.write("deno.json", "{}\n");
  await repository.write("two.ts", "export const two: number = 2;\n");
  await repository.write(
    "four.ts",
    'import { two } from "./two.ts";\nexport const four: number = 2 * two;\n',
  );
  await repository.write(MIGRATION, "create table a ();\n");
  await repository.commit();
  await repository.git("tag", "v0.1.0");
});

afterEach(() => repository[Symbol.asyncDispose]());

/** What each check found. */
async function findings(): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const result of check(repository.path)) {
    found[result.name] = result.findings;
  }
  return found;
}

test("finds nothing in a project that is in order", async () => {
  expect(await findings())
    .toEqual({ format: "", lint: "", types: "", console: "", migrations: "" });
});

test("finds what a change breaks, in the file and in those that depend on it", async () => {
  await findings();
  await repository.write("two.ts", "export var two:string = '2'\n");
  await repository.write(MIGRATION, "create table b ();\n");

  const { format, lint, types, migrations } = await findings();
  expect(format).toContain("two.ts");
  expect(lint).toMatch(/no-var[^]*two\.ts/);
  expect(types).toMatch(/TS2363[^]*four\.ts/);
  expect(migrations).toContain(`${MIGRATION}: Release 0.1.0 has it`);
});

test("checks the types of every folder but the console, which TypeScript's own compiler checks", async () => {
  const faulty = "export const a: string = 1;\n";
  await repository.write("scripts/console/a.ts", faulty);
  await repository.write("dist/b.ts", faulty);
  const { types } = await findings();
  expect(types).toContain("scripts/console/a.ts");
  expect(types).not.toContain("b.ts");
});

test("does without releases where there is no git repository", async () => {
  await Deno.remove(`${repository.path}/.git`, { recursive: true });
  expect(await findings()).toMatchObject({ types: "", migrations: "" });
});
