import { parse as parseToml } from "smol-toml";
import { expect, test } from "vitest";

// The package's types would load browser types, which conflict with Deno's.
const HCL = "@cdktn/hcl2json";
const { parse } = await import(HCL);

const read = (path: string) => Deno.readTextFile(new URL(`../../../${path}`, import.meta.url));
const text = await read("infrastructure/main.tf");
const config = await parse("main.tf", text);

/** The provider's documentation: https://registry.terraform.io/providers/supabase/supabase/latest/docs (version 1). */
const DOCUMENTED = {
  supabase_project: {
    required: ["database_password", "name", "organization_id", "region"],
    optional: ["instance_size", "legacy_api_keys_enabled", "timeouts"],
  },
  supabase_settings: {
    required: ["project_ref"],
    optional: ["api", "auth", "database", "network", "pooler", "storage"],
  },
};
/** Terraform's own arguments, which every resource may have. */
const OF_TERRAFORM = ["for_each", "lifecycle"];

test.each(Object.entries(DOCUMENTED))(
  "%s has its required arguments, and no unknown ones",
  (kind, { required, optional }) => {
    const [resource] = config.resource[kind].pipeline;
    const given = Object.keys(resource)
      .filter((name) => !OF_TERRAFORM.includes(name));
    expect(given).toEqual(expect.arrayContaining(required));
    expect([...required, ...optional]).toEqual(expect.arrayContaining(given));
  },
);

test("every resource type is listed above", () => {
  expect(Object.keys(config.resource)).toEqual(Object.keys(DOCUMENTED));
});

test("every variable is declared, and every declared one is used", () => {
  const used = new Set(
    [...text.matchAll(/\bvar\.(\w+)/g)].map(([, name]) => name),
  );
  expect([...used].sort()).toEqual(Object.keys(config.variable).sort());
});

test("the projects are those of the example environments", async () => {
  const example = parseToml(await read("supabase/environments.example.toml"));
  const [{ default: environments }] = config.variable.environments;
  expect(Object.keys(environments)).toEqual(
    expect.arrayContaining(Object.keys(example)),
  );
});

test("no database access is granted here, because deployments manage it", () => {
  const [settings] = config.resource.supabase_settings.pipeline;
  expect(settings).not.toHaveProperty("network");
  expect(text).not.toMatch(/0\.0\.0\.0\/0|::\/0/);
});

test("no secret has a value", () => {
  for (const name of ["access_token", "database_passwords"]) {
    const [variable] = config.variable[name];
    expect(variable).toMatchObject({ sensitive: true });
    expect(variable).not.toHaveProperty("default");
  }
});
