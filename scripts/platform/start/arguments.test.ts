import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openDocument, readArguments, type StartOptions } from "./arguments.ts";
import { UsageError } from "../../dev/error_with_remedy.ts";

describe("the command line", () => {
  test("uses the handbook and its question, and stays up, without arguments", () => {
    const options = readArguments([]) as StartOptions;
    expect(options).toMatchObject({
      path: undefined,
      questionIsGuess: false,
      once: false,
    });
    expect(options.port).toBeUndefined();
    expect(options.question).toContain("tools");
  });

  test("reads a file, a question, once and a port in any order", () => {
    expect(
      readArguments(["--once", "my.pdf", "--port", "5000", "--ask", "Why?"]),
    ).toEqual({
      path: "my.pdf",
      question: "Why?",
      questionIsGuess: false,
      once: true,
      port: 5000,
    });
  });

  test("marks the question as a guess when only a file is given", () => {
    expect(readArguments(["my.pdf"])).toMatchObject({ questionIsGuess: true });
  });

  test.each([
    [["--prot", "1"], /Unknown option '--prot'/],
    [["a.pdf", "b.pdf"], /Too many arguments/],
    [["--ask"], /argument missing/],
    [["--ask", " "], /question is empty/],
    [["--port", "http"], /--port http is not a port/],
    [["--port", "65535"], /--port 65535 is not a port/],
    [["--port=-1"], /--port -1 is not a port/],
  ])("%j is refused with a remedy", (args, message) => {
    const refused = catchError(() => readArguments(args));
    expect(refused).toBeInstanceOf(UsageError);
    expect(refused.message).toMatch(message);
    expect((refused as UsageError).remedy).not.toBe("");
  });

  test("refuses an option that npm took for its own", () => {
    expect(() => readArguments([], { npm_config_once: "true" }))
      .toThrow("npm kept --once for itself");
  });

  test("returns the help text and starts nothing", () => {
    expect(readArguments(["--help"])).toEqual({
      help: expect.stringContaining("--ask <question>"),
    });
  });
});

describe("the document", () => {
  let directory: string;
  beforeEach(async () => directory = await Deno.makeTempDir());
  afterEach(() => Deno.remove(directory, { recursive: true }));

  const write = (name: string, content: string) => Deno.writeTextFile(join(directory, name), content);

  test("is the handbook when none is given", async () => {
    const { filename, bytes } = await openDocument(undefined, directory);
    expect(filename).toBe("handbook.pdf");
    expect(new TextDecoder().decode(bytes.subarray(0, 5))).toBe("%PDF-");
  });

  test("is found by a path relative to the user's folder", async () => {
    await write("mine.pdf", "%PDF-1.7 …");
    expect((await openDocument("mine.pdf", directory)).filename)
      .toBe("mine.pdf");
  });

  test.each([
    ["missing.pdf", /There is no file .*missing\.pdf/],
    [".", /is not a file/],
    ["text.pdf", /is not a PDF/],
    ["empty.pdf", /is empty/],
    ["large.pdf", /has 26\.0 MB; at most 25 MB/],
  ])("%s is refused with a remedy", async (name, message) => {
    await write("text.pdf", "PDF, says the name");
    await write("empty.pdf", "");
    await write("large.pdf", "%PDF-1.7");
    await Deno.truncate(join(directory, "large.pdf"), 26 * 1024 * 1024);

    const refused = await openDocument(name, directory)
      .then(() => undefined, (error) => error);
    expect(refused).toBeInstanceOf(UsageError);
    expect(refused.message).toMatch(message);
    expect(refused.remedy).not.toBe("");
  });
});

function catchError(act: () => unknown): Error {
  try {
    act();
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was thrown");
}
