import { describe, expect, test } from "vitest";
import { findEdits } from "./migration_edits.ts";
import { splitStatements } from "./sql_statements.ts";

const BEFORE = `
-- The users' notes.
create table public.notes (id int);
create function public.count_notes(p_least int default 0) returns bigint
language sql as $$ select count(*) from public.notes where id >= p_least $$;
comment on function public.count_notes is 'How many there are.';
revoke execute on function public.count_notes from public;
create view public.some_notes with (security_invoker = true) as select id from public.notes;
`;

const migration = (version: string, sql: string) => ({
  version,
  name: `${version}_a.sql`,
  sql,
});
const applied = (version: string, sql: string) => ({
  version,
  statements: splitStatements(sql).map(({ text }) => text),
});

/** The edit of one applied migration, with another applied after it. */
function edit(after: string, later = "select 1;") {
  return findEdits(
    [applied("1", BEFORE), applied("2", later)],
    [migration("1", after), migration("2", later)],
  );
}

describe("findEdits", () => {
  test("finds nothing when only comments and spaces changed", () => {
    const after = BEFORE.replace("-- The users' notes.", "/* Notes. */")
      .replace("notes (id int)", "notes\n  (id -- the number\n int)");
    expect(edit(after)).toEqual([]);
    const known = applied("1", BEFORE);
    known.statements.push("-- The end.");
    expect(findEdits([known], [migration("1", BEFORE)])).toEqual([]);
  });

  test("replaces a function, a view and a comment when they changed", () => {
    const after = BEFORE.replace("id >= p_least", "id > p_least")
      .replace("select id from", "select id + 1 as id from")
      .replace("How many there are.", "How many notes there are.");
    const [{ file, changed, obstacles }, ...others] = edit(after);
    expect(others).toEqual([]);
    expect({ file, obstacles }).toEqual({ file: "1_a.sql", obstacles: [] });
    expect(changed).toEqual([
      {
        subject: "function public.count_notes(p_least int default 0)",
        sql: expect.stringMatching(
          /^create or replace function public\.count_notes[^]+id > p_least \$\$$/,
        ),
        statement: expect.objectContaining({ line: 4 }),
        before: expect.stringContaining("id >= p_least $$"),
      },
      {
        subject: "comment on function public.count_notes",
        sql: "comment on function public.count_notes is 'How many notes there are.'",
        statement: expect.objectContaining({ line: 6 }),
        before: "comment on function public.count_notes is 'How many there are.'",
      },
      {
        subject: "view public.some_notes",
        sql: expect.stringMatching(
          /^create or replace view public\.some_notes/,
        ),
        statement: expect.objectContaining({ line: 8 }),
        before: expect.stringContaining("select id from"),
      },
    ]);
  });

  test("adds a function with its grants", () => {
    const after = `${BEFORE}
create function public.twice(a int) returns int language sql as $$ select 2 * a $$;
grant execute on function public.twice to anon;`;
    const [{ changed, obstacles }] = edit(after);
    expect(obstacles).toEqual([]);
    expect(changed.map(({ subject }) => subject)).toEqual([
      "function public.twice(a int)",
      "grant execute on function public.twice to anon",
    ]);
  });

  test.each([
    [
      "a table changed",
      BEFORE.replace("(id int)", "(id bigint)"),
      ['"create table public.notes" is changed or gone'],
    ],
    [
      "a table was added",
      `${BEFORE} create table public.tags (id int);`,
      ['"create table public.tags" is new or changed'],
    ],
    [
      "a function has other parameters",
      BEFORE.replace("p_least int default 0", "p_most int"),
      [
        "function public.count_notes(p_least int default 0) is gone or has other parameters",
      ],
    ],
    [
      "a grant is gone",
      BEFORE.replace(/revoke.*;/, ""),
      ['"revoke execute on function public.count_notes from" is changed or gone'],
    ],
    [
      "a view is gone",
      BEFORE.replace(/create view.*;/, ""),
      ["view public.some_notes is gone"],
    ],
  ])("names an obstacle when %s", (_what, after, obstacles) => {
    expect(edit(after)).toMatchObject([{ file: "1_a.sql", obstacles }]);
  });

  test("names an obstacle when a later migration defines the function again", () => {
    const later =
      "create or replace function public.count_notes(p_least int default 0) returns bigint language sql as $$ select 1::bigint $$;";
    const after = BEFORE.replace("id >= p_least", "id > p_least");
    expect(edit(after, later)).toMatchObject([{
      obstacles: [
        "2_a.sql defines function public.count_notes(p_least int default 0) again",
      ],
    }]);
  });

  test("skips migrations that are not applied, or whose statements were not recorded", () => {
    expect(
      findEdits([{ version: "1", statements: null }], [
        migration("1", BEFORE),
        migration("2", BEFORE),
      ]),
    ).toEqual([]);
  });
});
