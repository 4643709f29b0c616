import { expect, it } from "vitest";
import { REPOSITORY } from "../../dev/repository.ts";
import { readMigrations } from "../project/release.ts";
import { findObjects, keyOf } from "./sql_objects.ts";

const found = (sql: string) =>
  findObjects([{ name: "a.sql", sql }]).filter(({ file }) => file !== "")
    .map((object) => keyOf(object) + (object.schema ? ` in ${object.schema}` : ""));

it.each<[string, string[]]>([
  ['create schema "Mixed Case";', ["schema Mixed Case"]],
  ["CREATE SCHEMA IF NOT EXISTS Upper AUTHORIZATION postgres;", ["schema upper"]],
  ["create schema a; drop schema if exists a cascade;", []],
  ["create schema a; create schema b; drop schema a, b;", []],
  ["-- create schema a;\n/* create schema b; */ create schema /* x */ c;", ["schema c"]],
  ["do $$ begin\n  create role\n    reader; end $$;", ["role reader"]],
  ["create policy p on t for select using (true);", ["policy p on public.t"]],
  ['create policy "a ""b""" on "storage"."objects" using (true);', ['policy a "b" on storage.objects']],
  ["create policy p on s.t using (true); drop policy if exists p on s.t;", []],
  ["create schema s; create policy p on s.t using (true); drop schema s;", []],
  ["create or replace trigger g after insert or update of a, b on auth.users execute function f();", [
    "trigger g on auth.users",
  ]],
  ["create extension vector;", ["extension vector in public"]],
  ["create extension if not exists vector with schema extensions version '0.8.0';", ["extension vector in extensions"]],
  ["create extension vector schema public; alter extension vector set schema extensions;", [
    "extension vector in extensions",
  ]],
  ["create extension vector; create extension if not exists vector with schema extensions;", [
    "extension vector in public",
  ]],
  // Every project has it already, in another schema.
  ["create extension if not exists pgcrypto;", []],
  ["select * from pgmq.create(queue_name => 'Tasks'); select pgmq.create_unlogged('more');", [
    "queue tasks",
    "queue more",
  ]],
  ["select pgmq.create('a'); select pgmq.drop_queue('a');", []],
  ["select cron.schedule('nightly', '0 0 * * *', $$select 1$$);", ["cron job nightly"]],
  ["insert into storage.buckets (id, name) values ('a', 'x'), ('b', 'y') on conflict do nothing;", [
    "bucket a",
    "bucket b",
  ]],
  ["insert into storage.buckets (id, name) select 'a', 'a'; delete from storage.buckets where id in ('a');", []],
])("finds in %s", (sql, objects) => {
  expect(found(sql)).toEqual(objects);
});

it("finds what the pipeline's own migrations create outside their schemas", async () => {
  const objects = findObjects(await readMigrations(REPOSITORY)).map(keyOf);
  expect(objects).toEqual(expect.arrayContaining([
    "schema upload_pipeline",
    "role pipeline_monitoring",
    "bucket files",
    "cron job pipeline-sweep",
    "policy owners read their files on storage.objects",
    "trigger pipeline_account_deleted on auth.users",
  ]));
});
