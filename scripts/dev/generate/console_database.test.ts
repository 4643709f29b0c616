import { describe, expect, it } from "vitest";
import type { Catalogue, PgType, Routine } from "./catalogue.ts";
import { functionOf, nullableOf } from "./console_database.ts";

const [UUID, INT, TEXT, TEXTS, JSONB, VOID] = [1, 2, 3, 4, 5, 6];
const types = new Map(
  ([[UUID, "uuid"], [INT, "int8"], [TEXT, "text"], [TEXTS, "_text", TEXT], [JSONB, "jsonb"], [VOID, "void"]] as const)
    .map(([id, name, elementId = 0]): [number, PgType] => [
      id,
      { id, schema: "pg_catalog", name, kind: "base", elementId, baseId: 0, labels: [] },
    ]),
);
const catalogue: Catalogue = { relations: [], routines: [], types };

function routine(given: Partial<Routine>): Routine {
  return {
    schema: "pipeline_console",
    name: "documents",
    signature: "",
    returns: "",
    comment: null,
    parameters: [],
    returnTypeId: VOID,
    returnsSet: false,
    resultColumns: [],
    ...given,
  };
}

describe("functionOf", () => {
  it("makes columns nullable when the comment says so", () => {
    const read = routine({
      comment: "All documents. @nullable code, tags. Newest first.",
      returnsSet: true,
      resultColumns: [
        { name: "document_id", typeId: UUID },
        { name: "code", typeId: TEXT },
        { name: "tags", typeId: TEXTS },
        { name: "tree", typeId: JSONB },
      ],
    });
    expect(functionOf(catalogue, read)).toBe(
      "documents: { Args: Record<never, never>; " +
        "Returns: { document_id: string; code: string | null; tags: string[] | null; tree: Json }[] }",
    );
  });

  it("makes elements nullable when the comment says so", () => {
    const read = routine({
      comment: "@nullable tags[], more.",
      returnsSet: true,
      resultColumns: [{ name: "tags", typeId: TEXTS }, { name: "more", typeId: TEXTS }],
    });
    expect(functionOf(catalogue, read)).toContain("{ tags: (string | null)[]; more: string[] | null }");
  });

  it("takes null when that is the default", () => {
    const act = routine({
      parameters: [
        { name: "p_id", typeId: UUID, hasDefault: false, isOptional: false },
        { name: "p_code", typeId: TEXT, hasDefault: true, isOptional: true },
        { name: "p_limit", typeId: INT, hasDefault: true, isOptional: false },
      ],
    });
    expect(functionOf(catalogue, act)).toBe(
      "documents: { Args: { p_id: string; p_code?: string | null; p_limit?: number }; Returns: null }",
    );
  });

  it("reads a single value when the function returns one", () => {
    const one = routine({ returnTypeId: TEXT, comment: "@nullable result" });
    expect(functionOf(catalogue, one)).toContain("Returns: string | null");
    expect(functionOf(catalogue, { ...one, returnsSet: true })).toContain("Returns: (string | null)[]");
  });

  it("refuses a column that is not there", () => {
    expect(() => functionOf(catalogue, routine({ comment: "@nullable cod" }))).toThrow("has no cod");
  });
});

describe("nullableOf", () => {
  it("ends with the list when a sentence follows", () => {
    expect(nullableOf("@nullable a, b_2. All else is there.")).toEqual(["a", "b_2"]);
    expect(nullableOf("Nothing can be null.")).toEqual([]);
    expect(nullableOf(null)).toEqual([]);
  });
});
