import { resolve } from "node:path";
import { createClient } from "@supabase/supabase-js";
import { decodeJwt } from "jose";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeReachableTempDir } from "./postgres/account.ts";
import { type Stack, startStack } from "./stack.ts";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";

const ACCOUNT = { email: "ann@example.com", password: "a-long-password" };
const ECHO = `
  Deno.serve(async (request) => Response.json({
    pid: Deno.pid,
    path: new URL(request.url).pathname,
    body: await request.text(),
    url: Deno.env.get("SUPABASE_URL"),
    extra: Deno.env.get("EXTRA"),
  }));`;

let dir: string;
let stack: Stack;

function start(overrides: Partial<Parameters<typeof startStack>[0]> = {}) {
  return startStack({
    stateDir: `${dir}/state`,
    functionsDir: `${dir}/functions`,
    functionEnv: { EXTRA: "given" },
    port: 0,
    databasePort: 0,
    durable: false,
    ...overrides,
  });
}

function client(key: string) {
  return createClient(stack.url, key, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
}

async function instance(url: string) {
  const answer = await fetch(`${url}/_stack`);
  return await answer.json() as {
    pid: number;
    databasePort: number;
    functions: { name: string; pid: number }[];
  };
}

/** An ended process whose parent has not yet taken note of it is not alive. */
async function alive(pid: number): Promise<boolean> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => null);
  return stat !== null && !stat.includes(") Z ");
}

async function query<T>(
  url: string,
  run: (sql: postgres.Sql) => Promise<T>,
): Promise<T> {
  const sql = postgres(url, { max: 1, onnotice() {} });
  try {
    return await run(sql);
  } finally {
    await sql.end();
  }
}

beforeAll(async () => {
  dir = await makeReachableTempDir("stack-test-");
  await Deno.mkdir(`${dir}/functions/echo`, { recursive: true });
  await Deno.writeTextFile(`${dir}/functions/echo/index.ts`, ECHO);
  stack = await start();
});

afterAll(async () => {
  await stack?.stop();
  await Deno.remove(dir, { recursive: true });
});

describe("Auth, driven by supabase-js", () => {
  it("signs up, in and out, refreshes, and knows the user", async () => {
    const { auth } = client(stack.publishableKey);
    const { data, error } = await auth.signUp({
      ...ACCOUNT,
      options: { data: { name: "Ann" } },
    });
    expect(error).toBeNull();
    expect(data.user?.user_metadata.name).toBe("Ann");
    expect((await auth.signInWithPassword(ACCOUNT)).error).toBeNull();
    expect((await auth.refreshSession()).data.session).toBeTruthy();
    expect((await auth.getUser()).data.user?.id).toBe(data.user?.id);
    expect((await auth.getClaims()).data?.claims.sub).toBe(data.user?.id);
    expect((await auth.signOut()).error).toBeNull();
  });

  it("answers an unknown refresh token with another code than a malformed one", async () => {
    const codeOf = async (refresh_token: string) => {
      const answer = await fetch(
        `${stack.url}/auth/v1/token?grant_type=refresh_token`,
        {
          method: "POST",
          headers: {
            apikey: stack.publishableKey,
            "content-type": "application/json",
          },
          body: JSON.stringify({ refresh_token }),
        },
      );
      return [answer.status, (await answer.json()).error_code];
    };
    expect(await codeOf("abcdefghijkl")).toEqual([
      400,
      "refresh_token_not_found",
    ]);
    expect(await codeOf(crypto.randomUUID())).toEqual([
      400,
      "validation_failed",
    ]);
    expect(await codeOf("never-given-out")).toEqual([400, "validation_failed"]);
  });

  it("deletes a user only with the secret key", async () => {
    const account = { ...ACCOUNT, email: "leaving@example.test" };
    const ann = client(stack.publishableKey);
    const { data } = await ann.auth.signUp(account);
    const id = data.user!.id;
    const refused = async (key: string) => {
      const answer = await fetch(`${stack.url}/auth/v1/admin/users/${id}`, {
        method: "DELETE",
        headers: {
          apikey: stack.publishableKey,
          authorization: `Bearer ${key}`,
        },
      });
      return [answer.status, (await answer.json()).error_code];
    };
    expect(await refused(data.session!.access_token))
      .toEqual([403, "not_admin"]);
    expect(await refused(stack.publishableKey)).toEqual([403, "not_admin"]);
    expect(await refused(stack.anonKey)).toEqual([403, "not_admin"]);
    expect(await refused("sb_secret_guessed")).toEqual([403, "bad_jwt"]);
    expect(await refused("")).toEqual([401, "no_authorization"]);

    const { admin } = client(stack.secretKey).auth;
    expect((await admin.getUserById(id)).data.user?.email).toBe(account.email);
    expect((await admin.deleteUser(id)).error).toBeNull();
    expect((await admin.deleteUser(id)).error?.code).toBe("user_not_found");
    expect((await ann.auth.signInWithPassword(account)).error?.code)
      .toBe("invalid_credentials");
    expect(
      (await client(stack.serviceRoleKey).auth.admin.getUserById(id)).error
        ?.code,
    )
      .toBe("user_not_found");
  });

  it("issues tokens with the claims of hosted's", async () => {
    const { auth } = client(stack.anonKey);
    const { data } = await auth.signInWithPassword(ACCOUNT);
    expect(decodeJwt(data.session!.access_token)).toMatchObject({
      iss: `${stack.url}/auth/v1`,
      aud: "authenticated",
      role: "authenticated",
      sub: data.user!.id,
      email: ACCOUNT.email,
      user_metadata: { name: "Ann" },
      aal: "aal1",
    });
  });

  it.each([
    ["signup", { ...ACCOUNT }, 422, "user_already_exists"],
    ["signup", { email: "b@example.com", password: "x" }, 422, "weak_password"],
    [
      "token?grant_type=password",
      { ...ACCOUNT, password: "wrong" },
      400,
      "invalid_credentials",
    ],
  ])("answers %s of %o as hosted does", async (path, body, status, code) => {
    const answer = await fetch(`${stack.url}/auth/v1/${path}`, {
      method: "POST",
      headers: {
        apikey: stack.publishableKey,
        "content-type": "application/json",
      },
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(status);
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    expect(await answer.json()).toMatchObject({
      code: status,
      error_code: code,
      msg: expect.any(String),
    });
  });
});

describe("REST, driven by supabase-js", () => {
  beforeAll(async () => {
    await query(stack.databaseUrl, (sql) =>
      sql.unsafe(`
        create table public.notes (id int primary key, owner uuid default auth.uid(), body jsonb);
        alter table public.notes enable row level security;
        revoke all on public.notes from anon, authenticated;
        grant select, insert on public.notes to authenticated;
        create policy own on public.notes to authenticated
          using (owner = (select auth.uid())) with check (owner = (select auth.uid()));
        create function public.amounts() returns table (count bigint, cents numeric, share real, unknown numeric)
          language sql as 'select 1200::bigint, 0.3750, 0.5::real, ''NaN''::numeric';
        grant execute on function public.amounts() to authenticated;
        notify pgrst, 'reload schema';`));
  });

  it("serves a new table after PostgREST's notification, as the user, and keeps what was revoked", async () => {
    const ann = client(stack.publishableKey);
    await ann.auth.signInWithPassword(ACCOUNT);
    await expect.poll(async () => (await ann.from("notes").insert({ id: 1, body: { k: [1] } })).status).toBe(201);
    expect((await ann.from("notes").select("id, body")).data)
      .toEqual([{ id: 1, body: { k: [1] } }]);
    expect((await ann.from("notes").delete().eq("id", 1)).error?.code)
      .toBe("42501");
  });

  it("answers numbers of every type as numbers", async () => {
    const ann = client(stack.publishableKey);
    await ann.auth.signInWithPassword(ACCOUNT);
    await expect.poll(async () => (await ann.rpc("amounts")).data)
      .toEqual([{ count: 1200, cents: 0.375, share: 0.5, unknown: "NaN" }]);
  });

  it.each(
    [
      ["publishableKey", "42501"],
      ["anonKey", "42501"],
    ] as const,
  )("refuses the %s what a user may do", async (key, code) => {
    const { error } = await client(stack[key]).from("notes").select();
    expect(error?.code).toBe(code);
  });

  it.each(["secretKey", "serviceRoleKey"] as const)(
    "lets the %s past row-level security",
    async (key) => {
      const { data } = await client(stack[key]).from("notes").select("id");
      expect(data).toEqual([{ id: 1 }]);
    },
  );

  it("hides schemas that config.toml does not expose", async () => {
    const { error } = await client(stack.secretKey).schema("auth")
      .from("users").select();
    expect(error?.code).toBe("PGRST106");
  });

  it("refuses an invalid key", async () => {
    const answer = await fetch(`${stack.url}/rest/v1/notes`, {
      headers: { apikey: "nonsense" },
    });
    expect(answer.status).toBe(401);
    await answer.body?.cancel();
  });
});

describe("the gateway", () => {
  it("allows pages of other origins", async () => {
    for (const path of ["/auth/v1/signup", "/rest/v1/notes"]) {
      const answer = await fetch(stack.url + path, {
        method: "OPTIONS",
        headers: {
          origin: "http://localhost:3000",
          "access-control-request-method": "POST",
          "access-control-request-headers": "apikey, content-type",
        },
      });
      expect(answer.status).toBe(204);
      expect(answer.headers.get("access-control-allow-headers"))
        .toBe("apikey, content-type");
    }
  });

  it("returns 404 for unknown paths", async () => {
    const answer = await fetch(`${stack.url}/graphql/v1`);
    expect(answer.status).toBe(404);
    expect(await answer.json()).toEqual({
      message: "no Route matched with those values",
    });
  });

  it("passes bodies on to functions, from supabase-js and from the database", async () => {
    const { data } = await client(stack.publishableKey).functions.invoke(
      "echo/deep",
      { body: { hello: 1 } },
    );
    expect(data).toMatchObject({
      path: "/echo/deep",
      body: '{"hello":1}',
      url: stack.url,
      extra: "given",
    });

    await query(stack.databaseUrl, async (sql) => {
      const [{ url }] = await sql`
        select decrypted_secret as url from vault.decrypted_secrets
        where name = 'pipeline_functions_url'`;
      expect(url).toBe(`${stack.url}/functions/v1`);
      const [{ id }] = await sql`
        select net.http_post(${`${url}/echo`}::text, '{"from":"sql"}'::jsonb) as id`;
      await expect.poll(async () => {
        const [answer] = await sql`
          select content::jsonb ->> 'body' as body
          from net._http_response where id = ${id}`;
        return JSON.parse(answer?.body ?? "null");
      }).toEqual({ from: "sql" });
    });
  });
});

describe("an instance", () => {
  it("refuses a second one on its folder", async () => {
    const refusal = await start().catch((error) => error);
    expect(refusal).toBeInstanceOf(ErrorWithRemedy);
    expect(refusal.message).toContain(stack.url);
    expect((await fetch(`${stack.url}/_stack`)).ok).toBe(true);
  });

  it("names the port that is taken, and stops what it had started", async () => {
    const { databasePort } = await instance(stack.url);
    for (
      const [ports, taken] of [
        [{ port: stack.port }, stack.port],
        [{ databasePort }, databasePort],
      ] as const
    ) {
      const options = { stateDir: `${dir}/other`, ...ports };
      const refusal = await start(options).catch((error) => error);
      expect(refusal).toBeInstanceOf(ErrorWithRemedy);
      expect(refusal.message).toContain(`${taken}`);
    }
    // The folder is free again, and what the failed starts left in it does no harm.
    const other = await start({ stateDir: `${dir}/other`, migrations: false });
    await other.stop();
  });

  it("stops all its processes without force, and has its data at the next start", async () => {
    await client(stack.publishableKey).functions.invoke("echo");
    const { databasePort, functions } = await instance(stack.url);
    expect(functions).toHaveLength(1);
    await Promise.all([stack.stop(), stack.stop()]);
    expect(await Deno.readTextFile(`${dir}/state/functions.log`))
      .not.toContain("ended with");
    expect((await Deno.readTextFile(`${dir}/state/postgres.log`)).trimEnd())
      .toMatch(/database system is shut down$/);
    expect(await alive(functions[0].pid)).toBe(false);
    for (const port of [stack.port, databasePort]) {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
    }

    stack = await start();
    const { auth } = client(stack.publishableKey);
    expect((await auth.signInWithPassword(ACCOUNT)).error).toBeNull();
  });

  it("leaves nothing running when it is killed, and the next start recovers", async () => {
    await stack.stop();
    const script = `${dir}/stack.ts`;
    const module = new URL("./stack.ts", import.meta.url).href;
    await Deno.writeTextFile(
      script,
      `import { startStack } from ${JSON.stringify(module)};
      const stack = await startStack(${
        JSON.stringify({
          stateDir: `${dir}/state`,
          functionsDir: `${dir}/functions`,
          port: 0,
          databasePort: 0,
        })
      });
      await (await fetch(stack.url + "/functions/v1/echo")).text();
      console.log(await (await fetch(stack.url + "/_stack")).text());
      setInterval(() => {}, 1000);`,
    );
    const config = resolve(import.meta.dirname!, "../../../deno.json");
    const killed = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--config", config, script],
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const reader = killed.stdout.getReader();
    const { value } = await reader.read();
    const { functions, databasePort } = JSON.parse(
      new TextDecoder().decode(value),
    );
    killed.kill("SIGKILL");
    await killed.status;
    await reader.cancel();

    stack = await start({ databasePort });
    await expect.poll(() => alive(functions[0].pid)).toBe(false);
    const { auth } = client(stack.publishableKey);
    expect((await auth.signInWithPassword(ACCOUNT)).error).toBeNull();
  });
});

it("names a migration that was edited after it was applied, with the remedy", async () => {
  const projectDir = `${dir}/project`;
  const migration = `${projectDir}/supabase/migrations/20260101000000_notes.sql`;
  await Deno.mkdir(`${projectDir}/supabase/migrations`, { recursive: true });
  await Deno.copyFile(
    resolve(import.meta.dirname!, "../../../supabase/config.toml"),
    `${projectDir}/supabase/config.toml`,
  );
  const sql =
    "create table public.notes (id int);\ncreate function public.two() returns int language sql as 'select 2';\n";
  /** What a start in the same state folder says of edits. */
  async function startWith(text: string): Promise<string[]> {
    await Deno.writeTextFile(migration, text);
    const steps: string[] = [];
    const other = await start({
      stateDir: `${dir}/edited`,
      projectDir,
      onProgress: (step) => steps.push(step),
    });
    await other.stop();
    return steps.filter((step) => step.includes("edited"));
  }

  expect(await startWith(sql)).toEqual([]);
  expect(await startWith(`-- Notes.\n${sql}`)).toEqual([]);
  expect(await startWith(sql.replace("select 2", "select 1 + 1"))).toEqual([
    "20260101000000_notes.sql was edited after it was applied; npm run dev applies the edit",
  ]);
  expect(await startWith(sql.replace("id int", "id bigint"))).toEqual([
    "20260101000000_notes.sql was edited after it was applied; an empty database gets the edit: npm run dev -- --reset",
  ]);
});
