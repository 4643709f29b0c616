import { afterAll, beforeAll, expect, it } from "vitest";
import { readProjectConfig } from "./project_config.ts";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";

let dir: string;

beforeAll(async () => {
  dir = await Deno.makeTempDir({ prefix: "config-test-" });
});

afterAll(async () => {
  await Deno.remove(dir, { recursive: true });
});

async function read(toml: string) {
  await Deno.writeTextFile(`${dir}/config.toml`, toml);
  return await readProjectConfig(`${dir}/config.toml`);
}

it("reads the file's settings", async () => {
  const config = await read(`
    project_id = "x"
    [api]
    schemas = ["public", "mine"]
    [storage]
    file_size_limit = "3MB"
    [auth]
    minimum_password_length = 12
    [functions.open]
    verify_jwt = false
    [functions.guarded]`);
  expect(config.api.schemas).toEqual(["public", "mine"]);
  expect(config.storage.file_size_limit).toBe(3_000_000);
  expect(config.auth.minimum_password_length).toBe(12);
  expect(config.functions).toEqual({
    open: { verify_jwt: false },
    guarded: { verify_jwt: true },
  });
});

it("uses the Supabase CLI's defaults for missing settings", async () => {
  const config = await read("");
  expect(config.storage.file_size_limit).toBe(50 * 2 ** 20);
  expect(config.auth.email.enable_confirmations).toBe(false);
  expect(config.api.schemas).toEqual(["public", "graphql_public"]);
});

it.each([
  ["no TOML", "[api", "TOML"],
  ["of the wrong kind", "[api]\nmax_rows = 'many'", "max_rows"],
  ["no size", "[storage]\nfile_size_limit = 'big'", "big is no size"],
])(
  "refuses a file that is %s, and names the error",
  async (_, toml, hint) => {
    const refusal = await read(toml).catch((error) => error);
    expect(refusal).toBeInstanceOf(ErrorWithRemedy);
    expect(refusal.message).toContain(hint);
  },
);

it("refuses a missing file", async () => {
  await expect(readProjectConfig(`${dir}/none.toml`)).rejects.toThrow(
    ErrorWithRemedy,
  );
});
