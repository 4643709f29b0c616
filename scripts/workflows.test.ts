import { describe, expect, test } from "vitest";
import { SECRET_NAMES } from "./deploy/environments.ts";

const ROOT = new URL("../", import.meta.url);
const FOLDER = new URL(".github/workflows/", ROOT);
const workflows = [...Deno.readDirSync(FOLDER)].map(({ name }) => name);
const read = (name: string) => Deno.readTextFileSync(new URL(name, FOLDER));

describe.each(workflows)("%s", (name) => {
  const text = read(name);

  test("every action is pinned to a commit", () => {
    const actions = [...text.matchAll(/uses: (\S+)/g)].map(([, uses]) => uses);
    expect(actions.length).toBeGreaterThan(0);
    for (const action of actions) {
      expect(action).toMatch(/^[\w/-]+@[0-9a-f]{40}$/);
    }
  });

  test("every npm script that it runs exists", () => {
    const { scripts } = JSON.parse(
      Deno.readTextFileSync(new URL("package.json", ROOT)),
    );
    const used = [...text.matchAll(/npm (?:run )?(\w[\w:]*)/g)]
      .map(([, script]) => script);
    expect(used.length).toBeGreaterThan(0);
    for (const script of used) expect(Object.keys(scripts)).toContain(script);
  });

  test("it may read the code and nothing more", () => {
    expect(text).toMatch(/^permissions:\n {2}contents: read$/m);
    expect(text).not.toMatch(/pull_request_target/);
  });
});

test("the deployment is given every secret that it may set", () => {
  for (
    const name of [
      ...SECRET_NAMES,
      "SUPABASE_ACCESS_TOKEN",
      "SUPABASE_DB_PASSWORD",
    ]
  ) {
    expect(read("deploy.yml")).toContain(`${name}: \${{ secrets.${name} }}`);
  }
});
