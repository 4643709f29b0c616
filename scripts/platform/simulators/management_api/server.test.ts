import { afterAll, beforeAll, expect, test } from "vitest";
import { type HostedProject, newProject } from "./project.ts";
import { type ManagementApi, startManagementApi } from "./server.ts";

const REF = "a".repeat(20);
const TOKEN = "sbp_test";

let api: ManagementApi;
let project: HostedProject;
const live: string[][] = [];

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
    accessToken: TOKEN,
    onFunctionsDeployed({ functions }) {
      live.push([...functions.keys()]);
      return Promise.resolve();
    },
  });
});

afterAll(() => api.stop());

async function ask(method: string, path: string, body?: unknown) {
  const response = await fetch(`${api.url}/v1/projects${path}`, {
    method,
    headers: { authorization: `Bearer ${TOKEN}` },
    body: body instanceof FormData ? body : body && JSON.stringify(body),
  } as RequestInit);
  return { status: response.status, body: await response.json() };
}

function uploadOf(slug: string): FormData {
  const form = new FormData();
  form.set(
    "metadata",
    JSON.stringify({
      name: slug,
      entrypoint_path: `supabase/functions/${slug}/index.ts`,
      verify_jwt: false,
    }),
  );
  form.append("file", new File(["1"], `supabase/functions/${slug}/index.ts`));
  return form;
}

test("answers only with the access token", async () => {
  const response = await fetch(`${api.url}/v1/projects`);
  await response.body?.cancel();
  expect(response.status).toBe(401);
});

test("stores a secret and returns only its hash", async () => {
  await ask("POST", `/${REF}/secrets`, [{ name: "A", value: "abc" }]);
  const { body } = await ask("GET", `/${REF}/secrets`);
  expect(body).toEqual([expect.objectContaining({
    name: "A",
    // FIPS 180-2, appendix B.1.
    value: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  })]);
  expect(project.secrets.get("A")).toBe("abc");
});

test("activates several functions together, with the request that names them", async () => {
  for (const slug of ["one", "two"]) {
    const { status } = await ask(
      "POST",
      `/${REF}/functions/deploy?slug=${slug}&bundleOnly=true`,
      uploadOf(slug),
    );
    expect(status).toBe(201);
  }
  expect(live).toEqual([]);
  await ask("PUT", `/${REF}/functions`, [{ slug: "one" }, { slug: "two" }]);
  expect(live).toEqual([["one", "two"]]);
  expect(project.functions.get("one")?.upload.files[0].path).toBe(
    "supabase/functions/one/index.ts",
  );
});

test("refuses an upload without its entry point", async () => {
  const upload = uploadOf("one");
  upload.delete("file");
  const { status, body } = await ask(
    "POST",
    `/${REF}/functions/deploy?slug=one&bundleOnly=true`,
    upload,
  );
  expect(status).toBe(400);
  expect(body.message).toMatch(/^Entrypoint path does not exist/);
});

test("refuses to activate a function that was never uploaded", async () => {
  const { status } = await ask("PUT", `/${REF}/functions`, [{ slug: "none" }]);
  expect(status).toBe(400);
});

test("returns 404 for another project and for an unknown route", async () => {
  expect((await ask("GET", `/${"b".repeat(20)}`)).status).toBe(404);
  expect((await ask("GET", `/${REF}/nothing`)).status).toBe(404);
});
