import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  expect,
  test,
} from "vitest";
import { deployFunctions } from "../deploy/deployment.ts";
import { SupabaseCli } from "../deploy/supabase_cli.ts";
import {
  type HostedProject,
  newProject,
} from "../simulators/management_api/project.ts";
import {
  type ManagementApi,
  profileFor,
  startManagementApi,
} from "../simulators/management_api/server.ts";
import { inspectUpload, MAX_BUNDLE_BYTES } from "./inspect_upload.ts";

const REF = "a".repeat(20);
const ACCESS_TOKEN = `sbp_${"0".repeat(40)}`;

/** A function as ours are: its own import map, and code that it shares. */
const FILES = {
  "supabase/config.toml":
    `project_id = "x"\n[functions.hello]\nverify_jwt = false\n`,
  "supabase/functions/hello/deno.json":
    `{"imports":{"jose":"npm:jose@6.2.17"}}`,
  "supabase/functions/hello/index.ts":
    `import { word } from "../_shared/word.ts";\nDeno.serve(() => new Response(word));\n`,
  "supabase/functions/_shared/word.ts":
    `import { base64url } from "jose";\nexport const word: string = base64url.encode("a");\n`,
};

let api: ManagementApi;
let project: HostedProject;
let home: string;
let folder: string;

beforeAll(async () => {
  project = newProject({
    ref: REF,
    name: "test",
    publishableKey: "sb_publishable_x",
    secretKey: "sb_secret_x",
    database: { host: "127.0.0.1", port: 1, user: "postgres" },
  });
  api = await startManagementApi({
    projects: [project],
    accessToken: ACCESS_TOKEN,
  });
  home = await Deno.makeTempDir();
  await Deno.writeTextFile(`${home}/profile.yaml`, profileFor(api));
});

afterAll(async () => {
  await api.stop();
  await Deno.remove(home, { recursive: true });
});

beforeEach(async () => {
  folder = await Deno.makeTempDir();
  project.functions.clear();
});

afterEach(() => Deno.remove(folder, { recursive: true }));

/** Deploys the function with some files changed (null: missing), and says what is wrong with what was sent. */
async function faultsWith(changes: Record<string, string | null>) {
  const place = `${folder}/inside`;
  for (const [path, text] of Object.entries({ ...FILES, ...changes })) {
    if (text === null) continue;
    const target = `${place}/${path}`;
    await Deno.mkdir(target.slice(0, target.lastIndexOf("/")), {
      recursive: true,
    });
    await Deno.writeTextFile(target, text);
  }
  const cli = new SupabaseCli({
    directory: place,
    profile: `${home}/profile.yaml`,
    accessToken: ACCESS_TOKEN,
    home,
  });
  try {
    await deployFunctions(cli, REF);
  } catch (error) {
    return [String(error)];
  }
  const uploads = [...project.functions.values()].map(({ upload }) => upload);
  expect(uploads.map(({ slug }) => slug)).toEqual(["hello"]);
  return (await inspectUpload(uploads[0])).faults;
}

test("a function that is whole can be built from what was sent", async () => {
  expect(await faultsWith({})).toEqual([]);
  const [{ upload }] = project.functions.values();
  expect(upload.files.map(({ path }) => path).sort()).toEqual([
    "supabase/functions/_shared/word.ts",
    "supabase/functions/hello/deno.json",
    "supabase/functions/hello/index.ts",
  ]);
});

test.each([
  [
    "a file that is missing",
    { "supabase/functions/_shared/word.ts": null },
    /word\.ts/,
  ],
  [
    "a range of versions",
    {
      "supabase/functions/hello/deno.json":
        `{"imports":{"jose":"npm:jose@^6.2.17"}}`,
    },
    /jose@\^6\.2\.17, which names no exact version/,
  ],
  [
    "a package without a version",
    {
      "supabase/functions/_shared/word.ts":
        `import { base64url } from "npm:jose";\nexport const word = base64url.encode("a");\n`,
    },
    /npm:jose, which names no exact version/,
  ],
  [
    "a name that the import map lacks, though it is installed here",
    {
      "supabase/functions/_shared/word.ts":
        `import { z } from "zod";\nexport const word = z.string().parse("a");\n`,
    },
    /imports zod, which its import map does not name/,
  ],
  [
    "code from the network",
    {
      "supabase/functions/_shared/word.ts":
        `export { word } from "https://127.0.0.1:1/word.ts";\n`,
    },
    /127\.0\.0\.1:1\/word\.ts/,
  ],
  [
    "code from outside the tree",
    {
      "supabase/functions/_shared/word.ts":
        `export { word } from "../../../../word.ts";\n`,
      "../word.ts": `export const word = "a";\n`,
    },
    /word\.ts/,
  ],
  [
    "no import map of its own",
    {
      "supabase/functions/hello/deno.json": null,
      "supabase/functions/deno.json": `{"imports":{"jose":"npm:jose@6.2.17"}}`,
    },
    /no import map was sent/,
  ],
  [
    "an error of types",
    {
      "supabase/functions/_shared/word.ts": `export const word: string = 1;\n`,
    },
    /does not type-check[\s\S]*word\.ts/,
  ],
])("%s fails the rehearsal", async (_what, changes, message) => {
  const faults = await faultsWith(changes);
  expect(faults.join("\n")).toMatch(message);
});

test("a bundle over hosted's bound fails the rehearsal", async () => {
  const faults = await faultsWith({
    "supabase/functions/_shared/word.ts": `export const word = "${
      "a".repeat(MAX_BUNDLE_BYTES)
    }";\n`,
  });
  expect(faults.join("\n")).toMatch(/bundle has about 20\.\d MB/);
}, 180_000);
