// Needs Node only: installs the packages of the lock file, then runs the project's scripts with the installed
// Deno. This file and those that it imports use the syntax of Node 12, so that an old Node can say that it is old.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { removeStale } from "./build/built_functions.mjs";
import { asksForHelp, helpWithoutPackages } from "./help.mjs";
import { isWritableFolder, ownEnvironment } from "./own_environment.mjs";
import { releaseLock, takeLock } from "./process_lock.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url)).replace(
  /\/$/,
  "",
);
const COMMANDS = {
  start: {
    script: "scripts/platform/start/main.ts",
    does: "starts the stack and runs the demo on it",
  },
  stack: {
    script: "scripts/platform/stack/main.ts",
    does: "starts the stack and keeps it running",
  },
  dev: {
    script: "scripts/platform/dev_mode/main.ts",
    does: "starts the stack and applies each change of SQL and functions",
  },
  check: {
    script: "scripts/dev/check/main.ts",
    does: "checks format, lint, types and released migrations, in seconds",
  },
  fmt: {
    script: "scripts/dev/check/fmt.ts",
    does: "formats every file",
  },
  release: {
    script: "scripts/dev/release/main.ts",
    does: "sets the version and tags a release",
  },
  test: { script: "scripts/proof/test/main.ts", does: "runs every check" },
  "start:docker": {
    script: "scripts/platform/docker/main.ts",
    does: "starts Supabase's own local stack, which needs Docker",
  },
  "rotate-secret": {
    script: "scripts/ops/pipeline/main.ts",
    args: ["rotate-secret"],
    does: "replaces a secret of the functions, local or hosted",
  },
  bench: {
    script: "scripts/proof/bench/main.ts",
    does: "measures the engine, the API and search",
  },
  eval: {
    script: "scripts/proof/eval/main.ts",
    does: "measures how well search finds known answers",
  },
  screenshots: {
    script: "scripts/proof/screenshots/main.ts",
    does: "takes pictures of the console's screens for the docs",
  },
  generate: {
    script: "scripts/dev/generate/main.ts",
    does: "generates reference pages, types, rules and seeds",
  },
  build: {
    script: "scripts/dev/build/main.ts",
    does: "builds what supabase functions deploy sends, or the client's package",
    deploys: true,
  },
  rehearse: {
    script: "scripts/ops/rehearse/main.ts",
    does: "deploys to a Supabase on this machine",
  },
  deploy: {
    script: "scripts/ops/deploy/main.ts",
    does: "deploys to a project",
    deploys: true,
  },
  rollback: {
    script: "scripts/ops/rollback/main.ts",
    does: "rolls a project's functions back",
    deploys: true,
  },
  doctor: {
    script: "scripts/ops/doctor/main.ts",
    does: "checks every requirement of a running pipeline",
  },
  pipeline: {
    script: "scripts/ops/pipeline/main.ts",
    does: "operates a pipeline: upload, status, search, history, why, redrive …",
  },
  console: {
    script: "scripts/ops/console/main.ts",
    does: "serves the console for a project, or builds it as files",
  },
  drill: {
    script: "scripts/ops/drill/main.ts",
    does: "injects faults and checks that alerts fire and resolve",
  },
  init: {
    script: "scripts/ops/existing_project/main.ts",
    args: ["init"],
    does: "adds the pipeline to a Supabase project that exists",
    deploys: true,
  },
  upgrade: {
    script: "scripts/ops/existing_project/main.ts",
    args: ["upgrade"],
    does: "brings this release to a project that has the pipeline",
    deploys: true,
  },
  remove: {
    script: "scripts/ops/existing_project/main.ts",
    args: ["remove"],
    does: "takes the pipeline out of a project",
    deploys: true,
  },
};
/** Commands run on a Node that package.json no longer lists, down to this one. */
const OLDEST_NODE = 20;
/** Commands that begin with a warning about such a Node; the others' output may be read by programs. */
const WARNING = ["start", "start:docker", "stack", "dev"];
/** npm's name for the script that it runs at the end of an installation. */
const AFTER_INSTALLATION = "prepare";

class Refusal extends Error {}

async function main([name, ...given]) {
  const isHelp = asksForHelp(given);
  checkNode(WARNING.includes(name) && !isHelp);
  const command = Object.keys(COMMANDS).includes(name) ? COMMANDS[name] : undefined;
  if (!command) {
    const list = Object.entries(COMMANDS).map(([each, { does }]) => `  ${each.padEnd(13)} ${does}`);
    throw new Refusal(
      `${name === undefined ? "No command is given." : `Unknown command: "${name}".`} Commands:\n${list.join("\n")}`,
    );
  }
  const args = isHelp && given.length === 1 ? ["--help"] : given;
  if (isHelp && !isInstalled(command)) {
    const words = [name].concat(command.args || [], given.filter((word) => !/^-|^help$/.test(word)));
    console.log(
      helpWithoutPackages(ROOT, name === "rotate-secret" ? ["pipeline"].concat(words.slice(1)) : words) ||
        `npm run ${name} ${command.does}. Its options are shown once the packages are installed: npm ci`,
    );
    return 0;
  }
  checkFolders();
  if (!isInstalled(command)) {
    if (process.env.npm_lifecycle_event === AFTER_INSTALLATION) {
      // After an installation without the build's packages, which must neither fail nor be repeated.
      console.log(
        "The functions were not built, because development dependencies are missing.",
      );
      return 0;
    }
    await installAlone(command);
    if (name !== "build") await build();
  } else if (name !== "build" && removeStale(ROOT)) {
    console.error(
      "The functions' sources have changed. Run npm run build before supabase functions deploy.",
    );
  }
  return await run(denoPath(), [
    "run",
    "-A",
    join(ROOT, command.script),
    ...command.args || [],
    ...args,
  ]);
}

/** Says at once that Node is too old, or no longer supported by supabase-js, whose range package.json has too. */
function checkNode(mayWarn) {
  const { engines } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const supported = Number(/\d+/.exec(engines.node)[0]);
  const major = Number(process.versions.node.split(".")[0]);
  if (major >= supported) return;
  if (major < OLDEST_NODE) {
    throw new Refusal(
      `Node ${process.versions.node} is too old: Node ${supported} or newer is needed (https://nodejs.org/en/download).`,
    );
  }
  if (!mayWarn) return;
  console.error(
    `Node ${process.versions.node} is older than Node ${supported}, the oldest that supabase-js supports. ` +
      `These commands run on it; for an application, install Node ${supported} (https://nodejs.org/en/download).`,
  );
}

function checkFolders() {
  if (!isWritableFolder(ROOT)) {
    throw new Refusal(
      `This user may not write to ${ROOT}, which needs packages and the local stack's data. ` +
        "Clone the repository into a writable folder.",
    );
  }
  if (!isWritableFolder(tmpdir())) {
    throw new Refusal(
      `${tmpdir()}, the folder for temporary files, is not writable. ` +
        "Set TMPDIR to a writable folder.",
    );
  }
}

/**
 * Whether node_modules has the packages of package-lock.json; npm records what it installed. Commands that deploy need no
 * development dependencies, so that these need not be installed next to a project's secrets.
 */
function isInstalled({ deploys }) {
  const installed = packagesIn("node_modules/.package-lock.json");
  if (!installed || !existsSync(denoPath())) return false;
  return Object.entries(packagesIn("package-lock.json") || {}).every(
    ([path, wanted]) => {
      if (path === "") return true;
      const found = installed[path];
      if (!found) {
        return Boolean(
          wanted.optional || wanted.devOptional || wanted.peer ||
            (deploys && wanted.dev),
        );
      }
      return found.version === wanted.version &&
        found.integrity === wanted.integrity;
    },
  );
}

function packagesIn(lock) {
  try {
    return JSON.parse(readFileSync(join(ROOT, lock), "utf8")).packages;
  } catch {
    return undefined;
  }
}

/** The real binary: the package's launcher would not forward signals. */
function denoPath() {
  const libc = process.platform === "linux" ? "-glibc" : "";
  const name = process.platform === "win32" ? "deno.exe" : "deno";
  return join(
    ROOT,
    "node_modules/@deno",
    `${process.platform}-${process.arch}${libc}`,
    name,
  );
}

/** Two commands that start together on a new clone must not install at the same time. */
async function installAlone(command) {
  const lock = join(ROOT, ".stack/install.pid");
  mkdirSync(join(ROOT, ".stack"), { recursive: true });
  for (let waiting = false; !takeLock(lock); waiting = true) {
    if (!waiting) {
      console.log(
        "Waiting for another process to install the dependencies …",
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  try {
    if (!isInstalled(command)) await install();
  } finally {
    releaseLock(lock);
  }
}

async function install() {
  console.log(
    "Installing the dependencies of package-lock.json (once; half a minute to two minutes) …",
  );
  const npm = (process.env.npm_execpath || "").endsWith("npm-cli.js")
    ? [process.execPath, process.env.npm_execpath]
    : [process.platform === "win32" ? "npm.cmd" : "npm"];
  const args = [
    "ci",
    "--include=dev",
    "--include=optional",
    // Whatever the user's npm settings are. No package here needs an install script.
    "--ignore-scripts",
    "--no-global",
    "--no-dry-run",
    "--bin-links",
    "--install-strategy=hoisted",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
  ];
  const { code, output } = await capture([...npm, ...args]);
  if (code !== 0) {
    throw new Refusal(
      `${output.trim()}\n\nInstalling the dependencies failed (npm ended with ${code}). ` +
        "Check that npm can reach its registry (npm ping) and that the disk has space, then run the command again.",
    );
  }
  if (!existsSync(denoPath())) {
    throw new Refusal(
      `npm installed no Deno for ${process.platform} ${process.arch} (${denoPath()} is missing). ` +
        "Deno is published for glibc Linux, macOS and Windows on x64 and arm64. If this is one of them, npm is configured for " +
        "another: see npm config get os cpu libc.",
    );
  }
}

/** A failing build does not stop other commands; without a build, no function can be deployed. */
async function build() {
  const { code, output } = await capture([
    denoPath(),
    "run",
    "-A",
    join(ROOT, COMMANDS.build.script),
  ]);
  if (code !== 0) console.error(output.trim());
}

function capture([program, ...args]) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: ROOT,
      env: ownEnvironment(ROOT),
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    child.stdout.on("data", (text) => output += text);
    child.stderr.on("data", (text) => output += text);
    child.on(
      "error",
      (error) =>
        resolve({
          code: error.code,
          output: `npm did not start: ${error.message}`,
        }),
    );
    child.on(
      "close",
      (code, signal) => resolve({ code: code === null ? signal : code, output }),
    );
  });
}

/** Runs a command to its end, forwards signals, and returns the exit code that a shell would show. */
function run(program, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: ROOT,
      stdio: "inherit",
      env: ownEnvironment(ROOT),
    });
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
      process.on(signal, () => {
        // A terminal sends Ctrl-C to the child itself.
        if (signal === "SIGINT" && process.stdin.isTTY) return;
        child.kill(signal);
      });
    }
    child.on("error", reject);
    child.on(
      "close",
      (code, signal) => resolve(code === null ? 128 + constants.signals[signal] : code),
    );
  });
}

main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
}, (error) => {
  console.error(error instanceof Refusal ? error.message : error);
  process.exitCode = 1;
});
