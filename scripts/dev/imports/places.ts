/** A folder, or a file that stands apart from its folder, and what its files may import besides each other. */
export interface Place {
  about: string;
  /** Other places or files; an entry that ends with `/*` stands for all places below a folder. */
  imports: string[];
}

const FUNCTIONS: Record<string, Place> = {
  "supabase/functions/_shared": {
    about: "what two or more of these folders use",
    imports: [],
  },
  "supabase/functions/_chunker": {
    about: "cuts text into chunks; computes only",
    imports: [],
  },
  "supabase/functions/_inspect": {
    about: "reads files and refuses hostile ones",
    imports: ["supabase/functions/_shared"],
  },
  "supabase/functions/_providers": {
    about: "LlamaParse, OpenAI, Storage, ClamAV",
    imports: [
      "supabase/functions/_inspect/file_types.ts",
      "supabase/functions/_shared",
    ],
  },
  "supabase/functions/_engine": {
    about: "claims jobs, runs stages, settles attempts",
    imports: [
      "supabase/functions/_providers",
      "supabase/functions/_shared",
    ],
  },
  "supabase/functions/_stages": {
    about: "parse, fetch_result, chunk, embed",
    imports: [
      "supabase/functions/_chunker",
      "supabase/functions/_engine",
      "supabase/functions/_inspect",
      "supabase/functions/_providers",
      "supabase/functions/_shared",
    ],
  },
  "supabase/functions/api": {
    about: "the HTTP API; it knows neither engine nor stages",
    imports: [
      "supabase/functions/_inspect",
      "supabase/functions/_providers",
      "supabase/functions/_shared",
      "supabase/functions/webhook/event.ts",
    ],
  },
  "supabase/functions/webhook": {
    about: "receives LlamaParse's callbacks",
    imports: ["supabase/functions/_shared"],
  },
  "supabase/functions/worker": {
    about: "composes engine, stages and providers",
    imports: [
      "supabase/functions/_engine",
      "supabase/functions/_providers",
      "supabase/functions/_shared",
      "supabase/functions/_stages",
    ],
  },
  "supabase/functions/isolation": {
    about: "a worker for one document",
    imports: [
      "supabase/functions/_shared",
      "supabase/functions/worker",
    ],
  },
};

const DEV: Record<string, Place> = {
  "scripts/dev": {
    about: "the error class, files, the environment of commands, seeded numbers",
    imports: [],
  },
  "scripts/dev/imports": {
    about: "this table, and the reader of import statements",
    imports: [],
  },
  "scripts/dev/terminal": {
    about: "what commands print, and how they end",
    imports: ["scripts/dev"],
  },
  "scripts/dev/build": {
    about: "bundles the functions, the client and the console",
    imports: ["scripts/dev", "scripts/dev/terminal"],
  },
  "scripts/dev/run.mjs": {
    about: "the entry of every npm script; needs Node alone",
    imports: ["scripts/dev", "scripts/dev/build"],
  },
  "scripts/dev/demo": {
    about: "one document from upload to an answer",
    imports: ["client", "scripts/dev/terminal"],
  },
  "scripts/dev/release": {
    about: "`npm run release`, and what a release keeps unchanged",
    imports: ["scripts/dev", "scripts/dev/terminal"],
  },
  "scripts/dev/check": {
    about: "`npm run check` and `npm run fmt`",
    imports: ["scripts/dev", "scripts/dev/release"],
  },
  "scripts/dev/generate": {
    about: "writes the files that repeat a declared fact",
    imports: [
      "scripts/dev",
      "scripts/dev/imports",
      "scripts/dev/release",
      "scripts/ops/*",
      "scripts/platform/*",
      "supabase/functions/*",
    ],
  },
};

const PLATFORM: Record<string, Place> = {
  "scripts/platform/cli": {
    about: "the Supabase CLI",
    imports: ["scripts/dev"],
  },
  "scripts/platform/simulators": {
    about: "LlamaParse, OpenAI and the Management API on loopback",
    imports: ["scripts/dev/terminal"],
  },
  "scripts/platform/console": {
    about: "the console's files for one project, served or written, and their security policy",
    imports: ["scripts/dev", "scripts/dev/build"],
  },
  "scripts/platform/stack": {
    about: "a local Supabase without Docker",
    imports: [
      "scripts/dev",
      "scripts/dev/build",
      "scripts/dev/terminal",
      "scripts/platform/cli",
      "scripts/platform/console",
      "scripts/platform/simulators",
      "supabase/functions/_shared",
    ],
  },
  "scripts/platform/test_stack": {
    about: "stacks for tests, with users and documents",
    imports: [
      "scripts/dev",
      "scripts/platform/simulators",
      "scripts/platform/stack",
      "supabase/functions/_shared",
    ],
  },
  "scripts/platform/start": {
    about: "`npm start`: the stack and the demo",
    imports: [
      "scripts/dev",
      "scripts/dev/demo",
      "scripts/dev/terminal",
      "scripts/platform/stack",
    ],
  },
  "scripts/platform/dev_mode": {
    about: "`npm run dev`: the stack, kept as the files are",
    imports: [
      "scripts/dev",
      "scripts/dev/terminal",
      "scripts/platform/stack",
      "scripts/platform/start",
      "scripts/platform/test_stack",
    ],
  },
  "scripts/platform/docker": {
    about: "`npm run start:docker`: Supabase's own local stack",
    imports: [
      "scripts/dev",
      "scripts/dev/build",
      "scripts/dev/terminal",
      "scripts/platform/cli",
      "scripts/platform/simulators",
      "scripts/platform/stack",
      "scripts/platform/start",
    ],
  },
};

const OPS: Record<string, Place> = {
  "scripts/ops/rotate_secret": {
    about: "replaces a secret of the functions",
    imports: [
      "scripts/dev",
      "scripts/platform/cli",
      "scripts/platform/stack",
      "supabase/functions/_shared",
      "supabase/functions/worker",
    ],
  },
  "scripts/ops/backup": {
    about: "copies rows and files, and restores them",
    imports: ["scripts/dev", "scripts/platform/stack"],
  },
  "scripts/ops/project": {
    about: "a hosted project: environments, secrets, settings, releases",
    imports: [
      "scripts/dev",
      "scripts/dev/build",
      "scripts/ops/rotate_secret",
      "scripts/platform/cli",
      "supabase/functions/_shared",
    ],
  },
  "scripts/ops/doctor": {
    about: "checks every requirement of a running pipeline",
    imports: [
      "scripts/dev",
      "scripts/dev/terminal",
      "scripts/ops/project",
      "scripts/ops/rotate_secret",
      "scripts/platform/cli",
      "scripts/platform/stack",
      "supabase/functions/_shared",
    ],
  },
  "scripts/ops/deploy": {
    about: "deploys a release in repeatable steps",
    imports: [
      "client",
      "scripts/dev",
      "scripts/dev/build",
      "scripts/dev/demo",
      "scripts/dev/terminal",
      "scripts/ops/doctor",
      "scripts/ops/project",
      "scripts/ops/rotate_secret",
      "scripts/platform/cli",
      "scripts/platform/stack",
      "supabase/functions/_shared",
    ],
  },
  "scripts/ops/rollback": {
    about: "deploys the functions of an earlier version",
    imports: [
      "scripts/dev",
      "scripts/dev/build",
      "scripts/dev/release",
      "scripts/dev/terminal",
      "scripts/ops/deploy",
      "scripts/ops/doctor",
      "scripts/ops/project",
      "scripts/platform/cli",
    ],
  },
  "scripts/ops/rehearse": {
    about: "deploys, upgrades and rolls back on this machine",
    imports: [
      "scripts/dev",
      "scripts/dev/build",
      "scripts/dev/terminal",
      "scripts/ops/deploy",
      "scripts/ops/doctor",
      "scripts/ops/project",
      "scripts/ops/rollback",
      "scripts/platform/cli",
      "scripts/platform/simulators",
      "scripts/platform/stack",
    ],
  },
  "scripts/ops/drill": {
    about: "injects faults and checks that alerts fire and resolve",
    imports: [
      "scripts/dev",
      "scripts/dev/terminal",
      "scripts/ops/rotate_secret",
      "scripts/platform/simulators",
      "scripts/platform/stack",
      "scripts/platform/test_stack",
    ],
  },
  "scripts/ops/existing_project": {
    about: "adds the pipeline to a Supabase project that exists",
    imports: [
      "scripts/dev",
      "scripts/dev/build",
      "scripts/dev/terminal",
      "scripts/ops/doctor",
      "scripts/ops/project",
      "scripts/platform/stack",
      "supabase/functions/_shared",
    ],
  },
  "scripts/ops/console": {
    about: "`npm run console`: the console on this machine, and as files",
    imports: [
      "scripts/dev",
      "scripts/dev/build",
      "scripts/dev/terminal",
      "scripts/ops/project",
      "scripts/platform/cli",
      "scripts/platform/console",
      "scripts/platform/stack",
    ],
  },
  "scripts/ops/pipeline": {
    about: "`npm run pipeline`, the operators' command line",
    imports: [
      "client",
      "scripts/dev",
      "scripts/dev/demo",
      "scripts/dev/terminal",
      "scripts/ops/backup",
      "scripts/ops/rotate_secret",
      "scripts/platform/cli",
      "scripts/platform/stack",
      "supabase/functions/_inspect",
      "supabase/functions/_providers",
      "supabase/functions/_stages",
    ],
  },
};

const PROOF: Record<string, Place> = {
  "scripts/proof/bench": {
    about: "`npm run bench`: engine, API, search, console, CPU, soak",
    imports: ["scripts/dev/*", "scripts/platform/*", "scripts/proof/test", "supabase/functions/*"],
  },
  "scripts/proof/eval": {
    about: "`npm run eval`: whether search finds known answers",
    imports: [
      "client",
      "scripts/dev/*",
      "scripts/platform/*",
      "scripts/proof/bench",
      "supabase/functions/_shared",
    ],
  },
  "scripts/proof/screenshots": {
    about: "`npm run screenshots`: pictures of the console",
    imports: ["client", "scripts/dev/*", "scripts/platform/*", "scripts/proof/test"],
  },
  "scripts/proof/test": {
    about: "`npm test`: every check",
    imports: ["client", "scripts/dev/*", "scripts/ops/drill", "scripts/platform/*"],
  },
};

/**
 * What each place may import. Tests and folders named `testing` may import anything, and only tests and the generator
 * import them. `npm run generate` writes docs/reference/imports.md from this table; imports.test.ts checks every import
 * statement.
 */
export const PLACES: Record<string, Place> = {
  console: {
    about: "the console: a web page for users and operators; it has the client as a package",
    imports: ["supabase/functions/_shared/question.ts"],
  },
  client: {
    about: "the client, which is built into a package of its own",
    imports: [],
  },
  ...FUNCTIONS,
  ...DEV,
  ...PLATFORM,
  ...OPS,
  ...PROOF,
};
