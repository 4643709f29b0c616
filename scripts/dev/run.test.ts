import { dirname } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { build } from "esbuild";
import { run as command } from "./command.ts";
import { REPOSITORY } from "./repository.ts";

/** Installs as npm would, slowly, and counts its runs. */
const NPM = (deno: string) => `
  import { appendFileSync, cpSync, mkdirSync, symlinkSync } from "node:fs";
  appendFileSync("installs", process.argv.slice(2).join(" ") + "\\n");
  await new Promise((resolve) => setTimeout(resolve, 500));
  mkdirSync("node_modules/@deno/linux-x64-glibc", { recursive: true });
  symlinkSync(${JSON.stringify(deno)}, "node_modules/@deno/linux-x64-glibc/deno");
  cpSync("package-lock.json", "node_modules/.package-lock.json");`;
const FAILING_NPM = `console.error("npm error network is down"); process.exit(7);`;
const STACK = `
  if (Deno.args[0] === "environment") {
    console.log(JSON.stringify({ cwd: Deno.cwd(), ...Deno.env.toObject() }));
    Deno.exit(0);
  }
  if (Deno.args[0] === "wait") {
    Deno.addSignalListener("SIGTERM", () => { console.log("terminated"); Deno.exit(5); });
    setInterval(() => {}, 1000);
  }
  console.log(JSON.stringify(Deno.args));
  if (Deno.args[0] !== "wait") Deno.exit(Number(Deno.args[0]));`;

/** Builds as `npm run build` does, without a previous build. */
const BUILD = `
  import { digestOf, headerFor } from "./built_functions.mjs";
  Deno.mkdirSync("supabase/functions/_built", { recursive: true });
  Deno.writeTextFileSync("supabase/functions/_built/a.js", headerFor(digestOf(".")));`;

let root: string;

async function lock(version: string): Promise<void> {
  const packages = {
    "": {},
    "node_modules/a": { version, integrity: `sha512-${version}` },
    "node_modules/other-platform": { version: "1.0.0", optional: true },
  };
  await Deno.writeTextFile(
    `${root}/package-lock.json`,
    JSON.stringify({ packages }),
  );
}

function spawn(args: string[], env = {}): Deno.ChildProcess {
  return new Deno.Command("node", {
    args: [`${root}/scripts/dev/run.mjs`, ...args],
    cwd: "/",
    env: { npm_execpath: `${root}/npm-cli.js`, ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function run(...args: string[]) {
  return await ended(spawn(args));
}

async function ended(child: Deno.ChildProcess) {
  const { code, stdout, stderr } = await child.output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), err: text.decode(stderr) };
}

/** A command's environment, given the caller's. */
async function environment(env: Record<string, string>) {
  await run("stack", "0");
  const { out } = await ended(spawn(["stack", "environment"], env));
  return JSON.parse(out);
}

async function installs(): Promise<number> {
  const text = await Deno.readTextFile(`${root}/installs`).catch(() => "");
  return text.split("\n").length - 1;
}

beforeEach(async () => {
  root = await Deno.realPath(await Deno.makeTempDir({ prefix: "run-test-" }));
  await Deno.mkdir(`${root}/scripts/platform/stack`, { recursive: true });
  for (
    const script of [
      "run.mjs",
      "help.mjs",
      "own_environment.mjs",
      "process_lock.mjs",
      "build/built_functions.mjs",
      "build/bundle.ts",
      "build/node_globals.js",
    ]
  ) {
    await Deno.mkdir(dirname(`${root}/scripts/dev/${script}`), {
      recursive: true,
    });
    const source = new URL(script, import.meta.url);
    await Deno.copyFile(source, `${root}/scripts/dev/${script}`);
  }
  await Deno.writeTextFile(`${root}/scripts/platform/stack/main.ts`, STACK);
  await Deno.writeTextFile(`${root}/scripts/dev/build/main.ts`, BUILD);
  await Deno.mkdir(`${root}/supabase/functions`, { recursive: true });
  await Deno.writeTextFile(
    `${root}/supabase/config.toml`,
    `[functions.a]\nentrypoint = "./functions/_built/a.js"\n`,
  );
  await Deno.writeTextFile(`${root}/package.json`, `{"type":"module","engines":{"node":">=20.0.0"}}`);
  await Deno.writeTextFile(`${root}/npm-cli.js`, NPM(Deno.execPath()));
  await lock("1.0.0");
});

afterEach(async () => {
  await Deno.remove(root, { recursive: true });
});

it("lists the commands when the given one is unknown", async () => {
  for (const args of [["nonsense"], []]) {
    const { code, err } = await run(...args);
    expect(code).toBe(1);
    expect(err).toMatch(/^ {2}start .*\n {2}stack .*\n( {2}.*\n)* {2}test /m);
  }
  expect(await installs()).toBe(0);
});

it("names scripts that exist", async () => {
  const source = await Deno.readTextFile(new URL("run.mjs", import.meta.url));
  const scripts = [...source.matchAll(/script: "([^"]+)"/g)]
    .map(([, script]) => script);
  expect(scripts.length).toBeGreaterThan(10);
  for (const script of scripts) {
    const file = await Deno.stat(new URL(`../../${script}`, import.meta.url));
    expect([script, file.isFile]).toEqual([script, true]);
  }
});

const { scripts } = JSON.parse(await Deno.readTextFile(`${REPOSITORY}/package.json`));
const SCRIPTS = Object.keys(scripts).filter((name) => name !== "prepare");

it("answers help for every script of npm without installing or starting anything", async () => {
  expect(SCRIPTS.length).toBeGreaterThan(15);
  await Deno.mkdir(`${root}/docs/reference`, { recursive: true });
  await Deno.copyFile(`${REPOSITORY}/docs/reference/cli.md`, `${root}/docs/reference/cli.md`);
  await Promise.all(SCRIPTS.map(async (name) => {
    const usage = new RegExp(
      `^Usage: npm (run )?(${name} --|pipeline -- ${name}) \\[[^]*\\n {2}-h, --help `,
    );
    for (const help of ["--help", "-h", "help"]) {
      expect([name, help, await run(name, help)])
        .toEqual([name, help, { code: 0, out: expect.stringMatching(usage), err: "" }]);
    }
  }));
  const { out } = await run("pipeline", "upload", "--help");
  expect(out).toMatch(/^Usage: npm run pipeline -- upload \[/);
  expect(await run("pipeline", "help", "upload")).toMatchObject({ out });
  expect(await installs()).toBe(0);
});

it("says what a command does, and what to install, when its help is not written yet", async () => {
  await Deno.mkdir(`${root}/docs/reference`, { recursive: true });
  await Deno.writeTextFile(`${root}/docs/reference/cli.md`, "# Command line\n");
  const { code, out } = await run("stack", "--help");
  expect([code, out]).toEqual([0, expect.stringMatching(/^npm run stack starts the stack .*npm ci\n$/)]);
});

it("lets an installed command answer for its help", async () => {
  await run("stack", "0");
  expect((await run("stack", "help")).out).toBe('["--help"]\n');
});

/** As on a machine with another version of Node. */
async function runOn(version: string, ...args: string[]) {
  await Deno.writeTextFile(`${root}/package.json`, `{"type":"module","engines":{"node":">=22.0.0"}}`);
  await Deno.writeTextFile(
    `${root}/version.cjs`,
    `Object.defineProperty(process.versions, "node", { value: "${version}" });`,
  );
  const { code, stdout, stderr } = await new Deno.Command("node", {
    args: ["--require", `${root}/version.cjs`, `${root}/scripts/dev/run.mjs`, ...args],
    env: { npm_execpath: `${root}/npm-cli.js` },
  }).output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), err: text.decode(stderr) };
}

it("refuses a Node that cannot run it before anything else", async () => {
  for (const args of [["stack", "0"], ["stack", "--help"], ["nonsense"]]) {
    const { code, err } = await runOn("18.19.0", ...args);
    expect([code, err]).toEqual([
      1,
      "Node 18.19.0 is too old: Node 22 or newer is needed (https://nodejs.org/en/download).\n",
    ]);
  }
  expect(await installs()).toBe(0);
});

it("warns of a Node that supabase-js does not support where people look, and runs on it", async () => {
  await runOn("22.0.0", "stack", "0");
  const old = await runOn("20.20.2", "stack", "0");
  expect(old).toEqual({
    code: 0,
    out: '["0"]\n',
    err: expect.stringMatching(/^Node 20\.20\.2 is older than Node 22, the oldest that supabase-js supports\. .*\n$/),
  });
  expect((await runOn("20.20.2", "build")).err).toBe("");
  expect((await runOn("24.1.0", "stack", "0")).err).toBe("");
});

it("asks for the Node that supabase-js supports, in every document", async () => {
  const read = async (path: string) => await Deno.readTextFile(`${REPOSITORY}/${path}`);
  const { engines } = JSON.parse(await read("package.json"));
  expect(engines).toEqual(JSON.parse(await read("node_modules/@supabase/supabase-js/package.json")).engines);
  const [, oldest] = /^>=(\d+)/.exec(engines.node)!;
  const pages = (await command("git", ["-C", REPOSITORY, "ls-files", "*.md", "*.yml"])).trim().split("\n");
  const named = (await Promise.all(
    pages.map(async (path) =>
      [...(await read(path)).matchAll(/\bNode (\d+)\s+or\s+later|node-version: (\d+)/g)]
        .map(([, text, workflow]) => [path, text ?? workflow])
    ),
  )).flat();
  expect(named.length).toBeGreaterThan(4);
  for (const [path, version] of named) expect([path, version]).toEqual([path, oldest]);
});

it("has the syntax of an old Node, which can then say that it is old", async () => {
  const bundle = async (target: string) =>
    (await build({
      entryPoints: [`${REPOSITORY}/scripts/dev/run.mjs`],
      bundle: true,
      write: false,
      platform: "node",
      format: "esm",
      target,
    })).outputFiles[0].text;
  expect(await bundle("node12.20")).toBe(await bundle("esnext"));
});

it("installs missing packages once, and again when the lock file changes", async () => {
  const first = await run("stack", "0", "--flag");
  expect(first).toMatchObject({ code: 0, err: "" });
  expect(first.out).toContain("Installing");
  expect(first.out).toContain('["0","--flag"]');
  const second = await run("stack", "0");
  expect(second.out).toBe('["0"]\n');
  expect(await installs()).toBe(1);

  await lock("1.0.1");
  await Deno.remove(`${root}/node_modules`, { recursive: true });
  await run("stack", "0");
  expect(await installs()).toBe(2);
});

it("reinstalls when an installed package differs from the lock file", async () => {
  await run("stack", "0");
  await Deno.writeTextFile(`${root}/npm-cli.js`, FAILING_NPM);
  await lock("1.0.1");
  expect((await run("stack", "0")).code).toBe(1);
});

it("installs once when two commands start together", async () => {
  const answers = await Promise.all([run("stack", "0"), run("stack", "0")]);
  expect(answers.map(({ code }) => code)).toEqual([0, 0]);
  expect(await installs()).toBe(1);
});

it("takes over from an installation that was killed", async () => {
  await Deno.mkdir(`${root}/.stack`);
  // The largest process number that Linux allows is below this one.
  await Deno.writeTextFile(`${root}/.stack/install.pid`, "4194305");
  expect((await run("stack", "0")).code).toBe(0);
});

it("shows npm's output and a remedy when the installation fails", async () => {
  await Deno.writeTextFile(`${root}/npm-cli.js`, FAILING_NPM);
  const { code, err } = await run("stack", "0");
  expect(code).toBe(1);
  expect(err).toContain("npm error network is down");
  expect(err).toContain("npm ping");
});

const isBuilt = () =>
  Deno.stat(`${root}/supabase/functions/_built/a.js`)
    .then(() => true, () => false);

it("builds the functions after an installation, so that they can be deployed", async () => {
  await run("stack", "0");
  expect(await isBuilt()).toBe(true);
});

it("continues when the build fails, and shows the reason", async () => {
  await Deno.writeTextFile(
    `${root}/scripts/dev/build/main.ts`,
    `console.error("worker is not whole"); Deno.exit(1);`,
  );
  const { code, err } = await run("stack", "0");
  expect([code, err]).toEqual([0, "worker is not whole\n"]);
});

it("removes outdated builds, so that they are not deployed, and reports it", async () => {
  await run("stack", "0");
  expect(await run("stack", "0")).toMatchObject({ code: 0, err: "" });
  await Deno.writeTextFile(`${root}/supabase/functions/index.ts`, "1;");
  const { code, err } = await run("stack", "0");
  expect([code, err]).toEqual([0, expect.stringContaining("npm run build")]);
  expect(await isBuilt()).toBe(false);
  expect(await run("build")).toMatchObject({ code: 0, err: "" });
  expect(await isBuilt()).toBe(true);
});

it("neither fails nor repeats an installation without the build's packages", async () => {
  const { code, out } = await ended(
    spawn(["build"], { npm_lifecycle_event: "prepare" }),
  );
  expect([code, out]).toEqual([0, expect.stringContaining("not built")]);
  expect(await installs()).toBe(0);
});

it("deploys without development dependencies, which other commands need", async () => {
  const { packages } = JSON.parse(
    await Deno.readTextFile(`${root}/package-lock.json`),
  );
  packages["node_modules/tester"] = {
    version: "1.0.0",
    integrity: "sha512-tester",
    dev: true,
  };
  const write = (path: string) => Deno.writeTextFile(`${root}/${path}`, JSON.stringify({ packages }));
  await write("package-lock.json");
  await run("stack", "0");
  delete packages["node_modules/tester"];
  await write("node_modules/.package-lock.json");
  expect((await run("build")).code).toBe(0);
  expect(await installs()).toBe(1);
  await Deno.remove(`${root}/node_modules`, { recursive: true });
  await run("stack", "0");
  expect(await installs()).toBe(2);
});

it("ends with its script's exit code", async () => {
  expect((await run("stack", "3")).code).toBe(3);
});

it("forwards a signal and waits for the script's end", async () => {
  await run("stack", "0");
  const child = spawn(["stack", "wait"]);
  const reader = child.stdout.getReader();
  await reader.read();
  child.kill("SIGTERM");
  const { value } = await reader.read();
  expect(new TextDecoder().decode(value)).toBe("terminated\n");
  expect((await child.status).code).toBe(5);
  await reader.cancel();
  await child.stderr.cancel();
});

it("hides variables of other programs from its script", async () => {
  const foreign = {
    PGHOST: "elsewhere.example",
    PGSERVICE: "of-another",
    LD_LIBRARY_PATH: "/opt/postgres-9/lib",
    GIT_DIR: "/another/repository/.git",
    NODE_ENV: "production",
    DENO_NO_PACKAGE_JSON: "1",
    DENO_DIR: "/nonexistent",
    LANG: "tr_TR.UTF-8",
    LC_TIME: "ja_JP.UTF-8",
  };
  const reach = {
    SSL_CERT_FILE: "/etc/ssl/certs/ca-certificates.crt",
    HTTPS_PROXY: "http://proxy.example:3128",
    DENO_TLS_CA_STORE: "mozilla",
  };
  const found = await environment({ ...foreign, ...reach });
  expect(found).toMatchObject({
    ...reach,
    LC_ALL: "C.UTF-8",
    DENO_DIR: `${root}/.stack/deno`,
  });
  for (const name of Object.keys(foreign)) {
    if (name !== "DENO_DIR") {
      expect([name, found[name]]).toEqual([name, undefined]);
    }
  }
});

it("runs its script in the repository's folder, and passes the caller's folder", async () => {
  expect(await environment({})).toMatchObject({ cwd: root, INIT_CWD: "/" });
  // Set by another npm script further up.
  expect(await environment({ INIT_CWD: "/elsewhere" }))
    .toMatchObject({ INIT_CWD: "/" });
});

it("gives a home to a user without one", async () => {
  const found = await environment({
    HOME: "/nonexistent",
    npm_config_cache: "/nonexistent/.npm",
  });
  expect(found.npm_config_cache).toBe(`${root}/.stack/home/.npm`);
  expect(found.HOME).toBe(`${root}/.stack/home`);
  expect((await Deno.stat(found.HOME)).isDirectory).toBe(true);
  expect(await environment({ HOME: root })).toMatchObject({ HOME: root });
});

it("names a folder that is not writable before it does anything", async () => {
  const closed = { TMPDIR: `${root}/missing` };
  const { code, err } = await ended(spawn(["stack", "0"], closed));
  expect([code, err]).toEqual([1, expect.stringContaining("Set TMPDIR")]);
  expect(await installs()).toBe(0);
  if (Deno.uid() !== 0) return;

  // Whatever this process' umask and the permissions on the folders of its PATH.
  await command("chmod", ["-R", "a+rX", root]);
  const node = await command("node", ["-p", "process.execPath"]);
  const stranger = await new Deno.Command("setpriv", {
    args: [
      ...["--reuid", "65534", "--regid", "65534", "--clear-groups"],
      ...[node.trim(), `${root}/scripts/dev/run.mjs`, "stack", "0"],
    ],
  }).output();
  expect(stranger.code).toBe(1);
  expect(new TextDecoder().decode(stranger.stderr))
    .toContain(`This user may not write to ${root}`);
});
