import { Command, CommanderError } from "commander";
import { basename, resolve } from "node:path";
import type { DemoDocument } from "../../dev/demo/demo.ts";
import { UsageError } from "../../dev/error_with_remedy.ts";
import { refuseOptionsThatNpmKept } from "../../dev/terminal/npm_options.ts";
import { DEFAULT_PORT, readPort } from "../stack/gateway_port.ts";
import { HANDBOOK, HANDBOOK_QUESTION } from "../../dev/demo/handbook.ts";

const OTHER_QUESTION = "What is this document about?";

/** Bytes; the default of the API's limit, checked here so that the error comes before the stack starts. */
const MAX_FILE_BYTES = 25 * 1024 * 1024;
const PDF_HEADER = "%PDF-";
/** Bytes within which the header must begin (ISO 32000-1, annex H, note 13). */
const PDF_HEADER_WITHIN = 1024;

export interface StartOptions {
  /** The user's own file, as written; absent for the demo's handbook. */
  path?: string;
  question: string;
  /**
   * True if the command chose the question, for a file that it does not know.
   */
  questionIsGuess: boolean;
  once: boolean;
  /** The gateway's port; 0 for any that is free; absent if none is asked for. */
  port?: number;
}

/** The user asked for help; print its text and do nothing else. */
export interface HelpRequest {
  help: string;
}

/** The command that takes these arguments. */
interface CommandForm {
  command: string;
  description: string;
  hasPort: boolean;
}

const START: CommandForm = {
  command: "npm start",
  description:
    "Brings up the local stack, takes one PDF from upload to an answer, and stays up. If the stack of this " +
    "folder runs already, it uses that and ends.",
  hasPort: true,
};

/**
 * Reads the command line of `npm start`, or of a command that takes the same.
 * @throws {UsageError} on an unknown option or a malformed value
 */
export function readArguments(
  args: string[],
  env: Record<string, string | undefined> = {},
  { command: name, description, hasPort }: CommandForm = START,
): StartOptions | HelpRequest {
  refuseOptionsThatNpmKept(name, ["once", "ask", "port"], env);
  let help = "";
  const command = new Command(`${name} --`)
    .description(description)
    .argument("[file]", "a PDF of your own; the demo's handbook if absent")
    .option("--ask <question>", "what to search the document for")
    .option("--once", "stop after the demo: exit code 0 if it succeeded")
    .exitOverride()
    .configureOutput({ writeOut: (text) => help += text, writeErr: () => {} });
  if (hasPort) command.option("--port <number>", `the stack's port (default: ${DEFAULT_PORT})`);
  try {
    command.parse(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { help };
    throw new UsageError(
      capitalised(error.message.replace(/^error: /, "")),
      `${name} -- --help lists what can be written.`,
    );
  }

  const { ask, once = false, port } = command.opts<
    { ask?: string; once?: boolean; port?: string }
  >();
  const path: string | undefined = command.args[0];
  if (ask !== undefined && ask.trim() === "") {
    throw new UsageError(
      "The question is empty",
      `Write one: ${name} -- --ask "How long may I keep a book?"`,
    );
  }
  return {
    path,
    question: ask ?? (path ? OTHER_QUESTION : HANDBOOK_QUESTION),
    questionIsGuess: ask === undefined && path !== undefined,
    once,
    ...port !== undefined && { port: readPort(port) },
  };
}

/**
 * Reads the document to upload and checks it as far as possible.
 * @param directory the base of a relative path
 * @throws {UsageError} if the file is missing, unreadable, empty, too large or not a PDF
 */
export async function openDocument(
  path: string | undefined,
  directory: string,
): Promise<DemoDocument> {
  if (path === undefined) {
    return { filename: "handbook.pdf", bytes: await Deno.readFile(HANDBOOK) };
  }
  const place = resolve(directory, path);
  const bytes = await readWithinLimit(place);
  if (bytes.byteLength === 0) {
    throw new UsageError(`${place} is empty`, "Choose a PDF with a page.");
  }
  if (!beginsLikePdf(bytes)) {
    throw new UsageError(
      `${place} is not a PDF: it does not begin with ${PDF_HEADER}`,
      "Choose a PDF, or print your document to one.",
    );
  }
  return { filename: basename(place), bytes };
}

function beginsLikePdf(bytes: Uint8Array): boolean {
  const start = bytes.subarray(0, PDF_HEADER_WITHIN);
  return new TextDecoder("latin1").decode(start).includes(PDF_HEADER);
}

async function readWithinLimit(place: string): Promise<Uint8Array> {
  try {
    const info = await Deno.stat(place);
    if (!info.isFile) {
      throw new UsageError(`${place} is not a file`, "Choose a PDF file.");
    }
    if (info.size > MAX_FILE_BYTES) {
      throw new UsageError(
        `${place} has ${(info.size / 1024 / 1024).toFixed(1)} MB; ` +
          `at most ${MAX_FILE_BYTES / 1024 / 1024} MB can be uploaded`,
        "Choose a smaller PDF, or split it.",
      );
    }
    return await Deno.readFile(place);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new UsageError(`There is no file ${place}`, "Check the path.");
    }
    if (error instanceof Deno.errors.PermissionDenied) {
      throw new UsageError(
        `${place} may not be read`,
        "Check the file's permissions.",
      );
    }
    throw error;
  }
}

function capitalised(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}
