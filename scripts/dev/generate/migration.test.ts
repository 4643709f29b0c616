import { afterEach, beforeEach, expect, test } from "vitest";
import { ScratchRepository } from "../release/testing/scratch_repository.ts";
import { migrationFor } from "./migration.ts";

const FOLDER = "supabase/migrations";
const FIRST = `${FOLDER}/20260101000000_words.sql`;
let repository: ScratchRepository;

beforeEach(async () => {
  repository = await ScratchRepository.make();
  await repository.write(FIRST, "one\n");
  await repository.write(`${FOLDER}/20260101000900_other.sql`, "other\n");
  await repository.commit();
});

afterEach(() => repository[Symbol.asyncDispose]());

const written = (text: string) => migrationFor("words", text, repository.path);

test("writes the migration again when no release has it", async () => {
  expect(await written("two\n")).toEqual({ path: FIRST, text: "two\n" });
});

test("writes another migration after all others when a release has it", async () => {
  await repository.git("tag", "v0.1.0");
  expect(await written("one\n")).toEqual({ path: FIRST, text: "one\n" });
  const second = `${FOLDER}/20260101001000_words.sql`;
  expect(await written("two\n")).toEqual({ path: second, text: "two\n" });
  await repository.write(second, "two\n");
  expect(await written("three\n")).toEqual({ path: second, text: "three\n" });
});

test("throws when there is no such migration", async () => {
  await expect(migrationFor("absent", "", repository.path))
    .rejects.toThrow("has no migration absent");
});
