import { describe, expect, test } from "vitest";
import { normalise, splitStatements } from "./sql_statements.ts";

const codeOf = (sql: string) => splitStatements(sql).map(({ code }) => code);

describe("splitStatements", () => {
  test("cuts at semicolons and knows the line of each statement", () => {
    const statements = splitStatements(
      "-- first\nselect 1;\n\n-- second\n-- more\nselect\n2;\n-- the end\n",
    );
    expect(statements).toEqual([
      { text: "-- first\nselect 1", code: "select 1", line: 2 },
      { text: "-- second\n-- more\nselect\n2", code: "select\n2", line: 6 },
    ]);
  });

  test.each([
    ["a string", "select 'a;''b;'"],
    ["a string with escapes", String.raw`select e'it\';s'`],
    ["a quoted name", 'select 1 as "a;b"'],
    ["a comment", "select 1 -- one; two\n+ 1"],
    ["a nested comment", "select /* a; /* b; */ c; */ 1"],
    ["a body", "do $$ begin null; end $$"],
    ["a tagged body", "do $x$ begin perform '$$;$$'; end $x$"],
    [
      "an atomic body",
      "create function f() returns int begin atomic select case when true then 1 end; select 2; end",
    ],
  ])("leaves %s whole", (_what, statement) => {
    expect(codeOf(`${statement};select 2;`)).toEqual([statement, "select 2"]);
  });

  test("does not take a parameter for the beginning of a body", () => {
    expect(codeOf("select $1; select $2;")).toEqual(["select $1", "select $2"]);
  });
});

describe("normalise", () => {
  test("is the same whatever the comments and spaces", () => {
    expect(normalise("-- why\ncreate  table /* x */ a (\n  b int -- c\n)"))
      .toBe("create table a ( b int )");
  });

  test("keeps what is quoted as it is", () => {
    const statement = "select 'a  -- b', $$ c  -- d $$";
    expect(normalise(statement)).toBe(statement);
  });
});
