import { afterEach, beforeEach, expect, test } from "vitest";
import { findReleasedFaults } from "./released_migrations.ts";
import { ScratchRepository } from "./testing/scratch_repository.ts";

const FIRST = "supabase/migrations/20260101000000_first.sql";
const SECOND = "supabase/migrations/20260102000000_second.sql";
let repository: ScratchRepository;

beforeEach(async () => {
  repository = await ScratchRepository.make();
  await repository.write(FIRST, "create table a ();\n");
  await repository.commit();
});

afterEach(() => repository[Symbol.asyncDispose]());

const faults = () => findReleasedFaults(repository.path);
const tag = (version: string) => repository.git("tag", `v${version}`);

test("lets migrations be edited until a release is tagged", async () => {
  await repository.git("tag", "v1-draft");
  await repository.write(FIRST, "create table b ();\n");
  expect(await faults()).toEqual([]);
});

test("lets migrations be added after a release", async () => {
  await tag("0.1.0");
  await repository.write(SECOND, "create table b ();\n");
  expect(await faults()).toEqual([]);
});

test("names a released migration that was edited, committed or not", async () => {
  await tag("0.1.0");
  await repository.write(FIRST, "create table b ();\n");
  const edited = [{
    path: FIRST,
    message: "Release 0.1.0 has it; it was edited since.",
  }];
  expect(await faults()).toEqual(edited);
  await repository.commit();
  expect(await faults()).toEqual(edited);
});

test("names the migration of any release that is gone", async () => {
  await tag("0.1.0");
  await repository.write(SECOND, "create table b ();\n");
  await repository.commit();
  await tag("0.2.0");
  await Deno.remove(`${repository.path}/${SECOND}`);
  expect(await faults()).toEqual([{
    path: SECOND,
    message: "Release 0.2.0 has it; it is gone.",
  }]);
});

test("names a new migration that would be applied before a released one", async () => {
  await tag("0.1.0");
  const early = "supabase/migrations/20251231000000_early.sql";
  await repository.write(early, "create table b ();\n");
  expect(await faults()).toEqual([{
    path: early,
    message: `It is new, but sorts before ${FIRST}, which is released.`,
  }]);
});
