import { afterAll, beforeAll, expect, it } from "vitest";
import { Screen } from "../../../scripts/dev/terminal/screen.ts";
import { HOSTILE, isHarmless } from "../../../scripts/dev/terminal/testing/hostile_text.ts";
import { visibleLine } from "../../../scripts/dev/terminal/visible.ts";
import { operate } from "../../../scripts/ops/pipeline/operate.ts";
import { createUser, newPdf, stack } from "./harness.ts";
import { useDatabase } from "./hooks.ts";

/** Everything hostile that Postgres stores. */
const TEXT = `x${HOSTILE.filter((text) => text !== "\u0000").join("y")}z`;
const FILE = `${TEXT.replaceAll("/", "").slice(0, 60)}.pdf`;

const sql = useDatabase();
let folder: string;
let credentials: string[];
let documentId: string;
let userId: string;

interface Ran {
  code: number;
  lines: string[];
  errors: string[];
}

async function run(...args: string[]): Promise<Ran> {
  const lines: string[] = [];
  const errors: string[] = [];
  const code = await operate(["--url", stack.url, ...args], {
    write: (line) => lines.push(line),
    writeError: (line) => errors.push(line),
    screen: new Screen((line) => lines.push(line)),
    faults: new Screen((line) => errors.push(line)),
    directory: folder,
  });
  return { code, lines, errors };
}

beforeAll(async () => {
  folder = await Deno.makeTempDir();
  await Deno.writeFile(`${folder}/${FILE}`, await newPdf());
  const user = await createUser();
  credentials = ["--access-token", user.token];
  const { lines } = await run("upload", FILE, "--watch", "--json", ...credentials);
  ({ document_id: documentId } = JSON.parse(lines[0]));
  [{ user_id: userId }] = await sql`
    update upload_pipeline.documents
    set filename = left(${TEXT}, 120), warnings = ${
    sql.json([{ code: "PAGES_UNREAD", message: TEXT, pages: [1] }])
  } where document_id = ${documentId} returning user_id`;
  await sql`update upload_pipeline.document_chunks set heading_path = ${[TEXT]} where document_id = ${documentId}`;
  await sql`update pipeline_internal.stages set paused_at = now(), paused_because = ${TEXT} where stage = 'embed'`;
});
afterAll(async () => {
  await sql`update pipeline_internal.stages set paused_at = null, paused_because = null`;
  await Deno.remove(folder, { recursive: true });
});

/** Commands that print what users and providers wrote, and whether they print it in every case. */
const COMMANDS: [command: string, args: () => string[], prints: boolean][] = [
  ["upload", () => [FILE, ...credentials], true],
  ["list", () => credentials, true],
  ["status", () => [documentId, ...credentials], true],
  ["search", () => ["tools returned late", "--mode", "text", "--explain", "--expand", "1", ...credentials], true],
  ["history", () => [documentId], true],
  ["why", () => [documentId], true],
  ["why", () => ["--all"], false],
  ["watch", () => ["--count", "1"], true],
  ["limits", () => [userId], false],
  ["cost", () => [userId], false],
  ["retry", () => [TEXT], true],
  ["role", () => [TEXT, "viewer"], true],
  ["pause", () => ["embed", "--reason", TEXT], false],
  ["upload", () => [`missing${FILE}`, ...credentials], true],
];

it.each(COMMANDS)("%s prints nothing that acts on a terminal (case %#)", async (command, args, prints) => {
  const { lines, errors } = await run(command, ...args());
  const printed = [...lines, ...errors].join("\n");
  expect([...lines, ...errors].filter((line) => !isHarmless(line))).toEqual([]);
  // It was there, and is seen.
  if (prints) expect(printed.replaceAll(/\s+/g, "")).toContain(visibleLine("\u001b[2J"));
});

it.each(COMMANDS)("%s prints exact JSON (case %#)", async (command, args, prints) => {
  const { lines, errors } = await run(command, ...args(), "--json");
  expect([...lines, ...errors].filter((line) => !isHarmless(line))).toEqual([]);
  const answers = [...lines, ...errors].map((line) => JSON.parse(line));
  expect(answers.length).toBeGreaterThan(0);
  const texts = JSON.stringify(answers);
  if (prints && command !== "upload") {
    expect(texts).toContain(JSON.stringify("\u001b[2J").slice(1, -1));
  }
});
