import { describe, expect, it } from "vitest";
import { acceptOf, droppedFiles, type Intake, MOST_FILES, sortOut } from "./intake.ts";

const LIMITS = { allowed_mime_types: ["application/pdf"], max_file_bytes: 10 };
const file = (name: string, { type = "application/pdf", content = "%PDF" } = {}) => new File([content], name, { type });
const codes = ({ refused }: Pick<Intake, "refused">) => refused.map(({ name, error }) => `${name}: ${error.code}`);

describe("the files that are taken", () => {
  it("have an allowed type, by type or by name", () => {
    const files = [
      file("a.pdf"),
      file("B.PDF", { type: "" }),
      file("c.pdf", { type: "text/plain" }),
      file("d", { type: "application/x-pdf" }),
      file("e", { type: "" }),
    ];
    expect(sortOut(files, LIMITS)).toEqual({ files, refused: [] });
  });

  it("are parted from those of other types, empty ones and too large ones, each with its reason", () => {
    const sorted = sortOut([
      file("a.docx", { type: "application/vnd.openxmlformats-officedocument.wordprocessingml.document" }),
      file("b.docx", { type: "" }),
      file("c.pdf", { content: "" }),
      file("d.pdf", { content: "%PDF-1.7 large" }),
      file("e.pdf"),
    ], LIMITS);
    expect(sorted.files.map(({ name }) => name)).toEqual(["e.pdf"]);
    expect(codes(sorted)).toEqual([
      "a.docx: unsupported_type",
      "b.docx: unsupported_type",
      "c.pdf: file_empty",
      "d.pdf: file_too_large",
    ]);
    expect(sorted.refused[3].error.details).toEqual({ max_file_bytes: 10 });
  });

  it("are all, apart from empty ones, when the limits are not known", () => {
    expect(sortOut([file("a.docx", { type: "" })], undefined).files).toHaveLength(1);
    expect(codes(sortOut([file("a.pdf", { content: "" })], undefined))).toEqual(["a.pdf: file_empty"]);
  });

  it("are offered by type and by ending", () => {
    expect(acceptOf({ allowed_mime_types: ["application/pdf", "image/png"] })).toBe(
      "application/pdf,image/png,.pdf,.png",
    );
  });
});

/** An entry as a browser has it. */
function entry(name: string, content: string | object[] | Error): object {
  if (Array.isArray(content)) {
    // Two portions, then the empty one.
    const portions = [content.slice(0, 1), content.slice(1)].filter(({ length }) => length > 0);
    const reader = { readEntries: (done: (portion: object[]) => void) => done(portions.shift() ?? []) };
    return { name, isDirectory: true, createReader: () => reader };
  }
  return {
    name,
    isFile: true,
    file: (done: (file: File) => void, failed: (error: Error) => void) =>
      content instanceof Error ? failed(content) : done(file(name, { content })),
  };
}

function dropped(...entries: (object | File)[]): Promise<Intake> {
  const items = entries.map((entry) => ({
    kind: "file",
    webkitGetAsEntry: () => entry instanceof File ? null : entry,
    getAsFile: () => entry instanceof File ? entry : null,
  }));
  return droppedFiles({ items: items as never, files: [] as never });
}

describe("what was dropped", () => {
  it("is each file, in folders of folders too, without what systems leave in them", async () => {
    const folder = entry("folder", [
      entry("a.pdf", "a"),
      entry(".DS_Store", "x"),
      entry("inner", [entry("b.pdf", "b"), entry("Thumbs.db", "x")]),
    ]);
    const { files, refused, isCut } = await dropped(file("c.pdf"), folder);
    expect(files.map(({ name }) => name)).toEqual(["c.pdf", "a.pdf", "b.pdf"]);
    expect({ refused, isCut }).toEqual({ refused: [], isCut: false });
  });

  it("names what cannot be read", async () => {
    const intake = await dropped(entry("folder", [entry("a.pdf", new Error("locked")), entry("b.pdf", "b")]));
    expect(codes(intake)).toEqual(["a.pdf: file_unreadable"]);
    expect(intake.files).toHaveLength(1);
  });

  it("stops at a number of files, and says so", async () => {
    const many = Array.from({ length: MOST_FILES + 1 }, (_, n) => entry(`${n}.pdf`, "x"));
    expect(await dropped(entry("folder", many))).toMatchObject({ isCut: true, files: { length: MOST_FILES } });
  });
});
