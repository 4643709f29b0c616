import { afterAll, beforeAll, expect, test } from "vitest";
import { digestOf } from "../../dev/build/built_functions.mjs";
import { checkBuild } from "../doctor/services.ts";
import { cloneInto, type } from "./plain_deployment.ts";
import { type RehearsalPlatform, startRehearsalPlatform } from "./platform.ts";
import { rehearsePlainly } from "./rehearse.ts";
import { REPOSITORY } from "../../dev/repository.ts";

const DEPLOY = `npx supabase functions deploy --project-ref "$PROJECT_REF"`;

let platform: RehearsalPlatform;
/** A developer's clone. */
let folder: string;

beforeAll(async () => {
  platform = await startRehearsalPlatform();
  folder = await Deno.makeTempDir();
  await cloneInto(folder, REPOSITORY);
}, 240_000);

afterAll(async () => {
  await platform?.[Symbol.asyncDispose]();
  await Deno.remove(folder, { recursive: true });
});

const edit = () =>
  Deno.writeTextFile(
    `${folder}/supabase/functions/_shared/build.ts`,
    "\n// edited",
    { append: true },
  );

test(
  "deploys a new pipeline with the documented Supabase commands alone",
  async () => {
    const lines: string[] = [];
    await rehearsePlainly(platform, REPOSITORY, (line) => lines.push(line));
    const report = lines.join("\n");
    expect(report).toMatch(
      /link --project-ref[\s\S]*db push[\s\S]*functions deploy[\s\S]*secrets set[\s\S]*vault\.create_secret/,
    );
    for (const name of ["api", "isolation", "webhook", "worker"]) {
      expect(report).toMatch(
        new RegExp(`^ +${name} +1 +[\\d,]+ +5\\.0 MB +\\d+ %$`, "m"),
      );
    }
    expect(report).toMatch(/a document is searchable/);
  },
  240_000,
);

test(
  "reports functions that were edited and deployed without a build, by the digest of their sources",
  async () => {
    await edit();
    await type(DEPLOY, folder, platform);
    const functionsUrl = `${platform.stack.url}/functions/v1`;
    const [stale] = await checkBuild(functionsUrl, digestOf(folder));
    expect(stale.status).toBe("unmet");
    expect(stale.found).toMatch(/api was[\s\S]*webhook was[\s\S]*worker was/);
  },
  120_000,
);

test(
  "refuses functions that were not built, and keeps the live ones",
  async () => {
    await Deno.remove(`${folder}/supabase/functions/_built`, {
      recursive: true,
    });
    const live = new Map(platform.project.functions);
    await expect(type(DEPLOY, folder, platform)).rejects.toThrow(
      /Entrypoint path does not exist/,
    );
    expect(platform.project.functions).toEqual(live);
  },
  120_000,
);
