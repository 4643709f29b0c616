import { createClient } from "@supabase/supabase-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { copyProject } from "../../dev/project_copy.ts";
import { REPOSITORY } from "../../dev/repository.ts";
import { run } from "../../dev/command.ts";
import { LOCAL_KEYS } from "../stack/keys.ts";
import { makeReachableTempDir, removeFromPlace } from "../stack/postgres/account.ts";
import { installPostgres } from "../stack/postgres/install.ts";
import { freeGatewayPort } from "../stack/postgres/ports.ts";

/** The longest that a command of these tests takes on a busy machine, in milliseconds. */
const WITHIN_MS = 100_000;
const PROMPT = "Ctrl-C stops everything.";

let copy: string;
/** A folder of the copy with `your.pdf`, where a newcomer works. */
let folder: string;

beforeAll(async () => {
  copy = await makeReachableTempDir("first-hour-");
  await copyProject(copy);
  // Saves each run of the tests from fetching the same packages.
  const home = await installPostgres();
  await Deno.mkdir(`${copy}/.stack`);
  await run("cp", ["-R", home, `${copy}/.stack/postgres`]);
  // Whatever the umask, the account that runs Postgres reads them.
  await run("chmod", ["-R", "a+rX", `${copy}/.stack`]);
  folder = `${copy}/.stack/mine`;
  await Deno.mkdir(folder);
  await Deno.copyFile(`${REPOSITORY}/scripts/dev/demo/handbook.pdf`, `${folder}/your.pdf`);
}, WITHIN_MS);
afterAll(async () => {
  for (const part of ["data", "postgres"]) await removeFromPlace(`${copy}/.stack/${part}`);
  await Deno.remove(copy, { recursive: true });
});

/** The shell of a newcomer: no variables but those of a login. */
function shell(line: string) {
  const { PATH = "", HOME = "" } = Deno.env.toObject();
  return new Deno.Command("setsid", {
    args: ["bash", "-c", line],
    cwd: folder,
    clearEnv: true,
    env: { PATH, HOME },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

async function ended(line: string): Promise<{ code: number; output: string }> {
  const { code, stdout, stderr } = await shell(line).output();
  const text = new TextDecoder();
  return { code, output: text.decode(stdout) + text.decode(stderr) };
}

/** A command that stays up. */
class Running implements AsyncDisposable {
  output = "";
  readonly #child: Deno.ChildProcess;
  readonly #read: Promise<void[]>;
  #hasEnded = false;

  constructor(line: string) {
    this.#child = shell(`exec ${line}`).spawn();
    this.#child.status.then(() => this.#hasEnded = true);
    this.#read = Promise.all(
      [this.#child.stdout, this.#child.stderr].map(async (stream) => {
        for await (const text of stream.pipeThrough(new TextDecoderStream())) this.output += text;
      }),
    );
  }

  async says(text: string): Promise<void> {
    const deadline = performance.now() + WITHIN_MS / 2;
    while (!this.output.includes(text)) {
      if (this.#hasEnded || performance.now() > deadline) throw new Error(`${text} is not in:\n${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** To every process of the command, as a terminal's Ctrl-C. */
  async end(signal: Deno.Signal = "SIGINT"): Promise<number> {
    Deno.kill(-this.#child.pid, signal);
    const { code } = await this.#child.status;
    await this.#read;
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#hasEnded) await this.end("SIGTERM");
  }
}

/** The commands that `npm start` printed: those of npm a line each, and the lines for curl together. */
function printedCommands(output: string): { npm: string[]; curl: string } {
  const lines = output.slice(output.indexOf("What next")).split("\n").map((line) => line.slice(2));
  const npm = lines.filter((line) => line.startsWith("npm "));
  const from = lines.findIndex((line) => line.startsWith("API="));
  return { npm, curl: lines.slice(from, lines.indexOf("", from)).join("\n") };
}

describe("npm start", () => {
  let start: Running;
  const port = freeGatewayPort();
  const url = `http://127.0.0.1:${port}`;
  beforeAll(async () => {
    start = new Running(`npm start -- --port ${port}`);
    await start.says(PROMPT);
  }, WITHIN_MS);
  afterAll(() => start[Symbol.asyncDispose]());

  it("shows what the README shows", async () => {
    const readme = await Deno.readTextFile(`${REPOSITORY}/README.md`);
    const [, transcript] = /```\n(From upload to an answer[^]*?)```/.exec(readme) ?? [];
    // What differs from run to run: ids and times.
    const plain = (text: string) =>
      text.replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<=demo-)[0-9a-f]{8}/g, "ID")
        .replaceAll(/\d+\.\d\d s\b/g, "TIME s").replaceAll(/^ +(?=TIME)/gm, "  ");
    const shown = plain(start.output).split("\n");
    const missing = plain(transcript).split("\n").filter((line) => line.trim() !== "…" && !shown.includes(line));
    expect(missing).toEqual([]);
  });

  it("answers its question first, with a score that stands out", () => {
    const scores = [...start.output.matchAll(/score (\d\.\d{3})$/gm)].map(([, score]) => Number(score));
    expect(scores).toHaveLength(3);
    expect(start.output).toMatch(/^ {2}1 {2}handbook\.pdf, page 2 .*\n.*Late returns\n[^]*Tools and instruments/m);
    expect(scores[0]).toBeGreaterThan(0.6);
    expect(scores[1]).toBeLessThan(scores[0] / 2);
    expect(start.output).not.toContain("No passage answers");
  });

  it("names the console, with sign-ins that work, and the stack's page", async () => {
    const [, page] = /To open +(\S+)/.exec(start.output)!;
    expect(page).toBe(`${url}/`);
    expect(await (await fetch(page)).text()).toMatch(/<script type="module"[^>]* src=/);
    const settings = await (await fetch(`${page}config.json`)).json();
    expect(settings).toEqual({ url, publishableKey: LOCAL_KEYS.publishableKey });
    const roles = { user: undefined, operator: "operator" };
    for (const [who, role] of Object.entries(roles)) {
      const [, email, password] = new RegExp(`As (?:the )?${who} +(\\S+), password (\\S+)`).exec(start.output)!;
      const supabase = createClient(url, settings.publishableKey, { auth: { persistSession: false } });
      const { data, error } = await supabase.auth.signInWithPassword({ email, password });
      expect([error, data.user?.app_metadata.pipeline_role]).toEqual([null, role]);
    }
    const [, about] = /About the stack +(\S+)/.exec(start.output)!;
    expect(await (await fetch(about)).text()).toContain("npm run pipeline -- upload your.pdf --watch");
  });

  it("prints commands that work while it runs", async () => {
    const { npm, curl } = printedCommands(start.output);
    expect(npm).toContain("npm run pipeline -- upload your.pdf --watch");
    expect(npm).toContain('npm start -- your.pdf --ask "your question"');
    const outputs: Record<string, string> = {};
    for (const command of npm) {
      const { code, output } = await ended(command);
      expect(code, `${command}\n${output}`).toBe(0);
      outputs[command] = output;
    }
    expect(outputs["npm run pipeline -- upload your.pdf --watch"]).toContain("your.pdf: complete");
    expect(outputs['npm start -- your.pdf --ask "your question"']).toContain("Using the stack that runs already");

    const { code, output } = await ended(curl);
    expect(code).toBe(0);
    const [status, search] = output.replace("}{", "}\n{").split("\n").map((line) => JSON.parse(line));
    expect(status.status).toBe("complete");
    expect(search.results.length).toBeGreaterThan(0);
  }, WITHIN_MS);

  it("prints the commands of its page, which work too", async () => {
    const page = await (await fetch(`${url}/_stack/`)).text();
    const commands = [...page.matchAll(/<code>(npm [^<]+)<\/code>/g)]
      .map(([, command]) => command.replaceAll("&quot;", '"'));
    expect(commands).toContain("npm run doctor");
    const seen = printedCommands(start.output).npm;
    for (const command of commands.filter((each) => !seen.includes(each) && !each.endsWith("watch"))) {
      // npm start's own is followed by the text on the page.
      if (command === "npm start") continue;
      const { code, output } = await ended(command);
      expect(code, `${command}\n${output}`).toBe(0);
    }
  }, WITHIN_MS);

  it("uses the running stack for another document, and doubts what answers nothing", async () => {
    const { code, output } = await ended('npm start -- your.pdf --ask "Who won the chess olympiad in Budapest?"');
    expect(code).toBe(0);
    expect(output).toMatch(/Started by +npm start, pid \d+; it goes on/);
    expect(output).toContain("No passage answers the question well");
    const scores = [...output.matchAll(/score (\d\.\d{3})$/gm)].map(([, score]) => Number(score));
    expect(Math.max(...scores)).toBeLessThan(0.3);
  }, WITHIN_MS);

  it("leaves the running stack alone when the second command is interrupted", async () => {
    await using second = new Running("npm start -- your.pdf");
    await second.says("Using the stack that runs already");
    expect(await second.end()).toBe(130);
    expect(second.output).not.toContain("The stack has stopped");
    expect((await fetch(`${url}/functions/v1/api/health`)).status).toBe(200);
  }, WITHIN_MS);

  it("refuses another port while it runs", async () => {
    const { code, output } = await ended("npm start -- --port 5555");
    expect(code).toBe(2);
    expect(output.replaceAll(/\s+/g, " ")).toContain(`runs at ${url} already`);
  });

  it("is found no more after it was killed, and starts again", async () => {
    const { pid } = await (await fetch(`${url}/_stack`)).json();
    Deno.kill(pid, "SIGKILL");
    const { code, output } = await ended("npm run pipeline -- list");
    expect(code).toBe(2);
    expect(output.replaceAll(/\s+/g, " ")).toContain(`No stack runs in ${copy}`);
    expect((await ended(`npm start -- --once --port ${port}`)).code).toBe(0);
  }, WITHIN_MS);
});

describe.each(["stack", "dev"])("npm run %s", (name) => {
  it("is found by commands and npm start, on any port and in any state folder", async () => {
    const port = freeGatewayPort();
    await using stack = new Running(`npm run ${name} -- --port ${port} --state-dir ${copy}/.stack/other`);
    await stack.says(name === "dev" ? "Watching supabase/functions" : "Publishable key");
    for (const command of [name === "stack" ? "npm run doctor" : "npm run pipeline -- list", "npm start -- your.pdf"]) {
      const { code, output } = await ended(command);
      expect(code, `${command}\n${output}`).toBe(0);
      if (command !== "npm run pipeline -- list") expect(output).toContain(`http://127.0.0.1:${port}`);
    }
    expect((await fetch(`http://127.0.0.1:${port}/_stack`)).ok).toBe(true);
    await stack.end();
    const { output } = await ended("npm run doctor");
    expect(output.replaceAll(/\s+/g, " ")).toContain("No stack runs in");
  }, WITHIN_MS);
});
