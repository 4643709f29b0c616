import { dirname } from "node:path";
import { copyProject } from "../../dev/project_copy.ts";
import { REPOSITORY } from "../../dev/repository.ts";
import type { Tally } from "./checks.ts";

const PAGE = "docs/add-a-stage.md";
/** Of the copy: what the page promises. */
const TEST_FILE = "supabase/tests/e2e/outline.test.ts";
const TEST = `
import { afterAll, expect, it } from "vitest";
import { connect, createUser, handbook, upload, waitFor } from "./harness.ts";

const sql = connect();
afterAll(() => sql.end());

it("keeps the headings of a document on its way through the new stage", async () => {
  const user = await createUser();
  const { document_id } = await upload(user, await handbook());
  await waitFor(user, document_id, ["complete"]);
  const [{ headings }] = await sql\`
    select headings from upload_pipeline.documents where document_id = \${document_id}\`;
  expect(headings.length).toBeGreaterThan(3);
});
`;

/** Does what docs/add-a-stage.md says in a copy of the project, and sends a document through the new stage there. */
export async function addAStage(): Promise<Tally> {
  await using parts = new AsyncDisposableStack();
  const copy = await Deno.realPath(
    await Deno.makeTempDir({ prefix: "add-a-stage-" }),
  );
  parts.defer(() => Deno.remove(copy, { recursive: true }));
  await Deno.chmod(copy, 0o755);
  await copyProject(copy);

  const page = await Deno.readTextFile(`${REPOSITORY}/${PAGE}`);
  const commands: string[] = [];
  for (const { language, path, text } of blocksOf(page)) {
    if (language === "sh") commands.push(...text.trim().split("\n"));
    else if (language === "diff") await patch(`${copy}/${path}`, text);
    else await write(`${copy}/${path}`, text);
  }
  await write(`${copy}/${TEST_FILE}`, TEST);
  commands.push(`npm test -- e2e ${TEST_FILE}`);
  for (const command of commands) {
    const { success } = await new Deno.Command("sh", {
      args: ["-c", command],
      cwd: copy,
      stdin: "null",
      stdout: "inherit",
      stderr: "inherit",
    }).output();
    if (!success) {
      return { passed: 0, skipped: 0, failures: [`${PAGE}: ${command}`] };
    }
  }
  return { passed: commands.length, skipped: 0, failures: [] };
}

interface Block {
  language: string;
  /** The file that the page named last before it. */
  path: string;
  text: string;
}

function blocksOf(page: string): Block[] {
  const found = page.matchAll(/^```(\w+)\n([^]*?)^```$/gm);
  return Array.from(found, ({ 1: language, 2: text, index }) => {
    const named = page.slice(0, index).matchAll(/`(supabase\/[\w./-]+)`/g);
    const path = [...named].at(-1)?.[1];
    if (!path) throw new Error(`${PAGE} names no file before its first block.`);
    return { language, path, text };
  });
}

async function patch(file: string, diff: string): Promise<void> {
  const lines = diff.trimEnd().split("\n");
  const textOf = (signs: string) =>
    lines.filter((line) => signs.includes(line[0]))
      .map((line) => line.slice(1)).join("\n");
  const text = await Deno.readTextFile(file);
  if (text.split(textOf(" ")).length !== 2) {
    throw new Error(`${PAGE}: ${file} has not once what the diff shows.`);
  }
  await Deno.writeTextFile(file, text.replace(textOf(" "), textOf(" +")));
}

async function write(file: string, text: string): Promise<void> {
  await Deno.mkdir(dirname(file), { recursive: true });
  await Deno.writeTextFile(file, text);
}
