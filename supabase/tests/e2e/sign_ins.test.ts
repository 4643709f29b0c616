import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { withEveryOption } from "./every_option.ts";
import { call, createUser, PASSWORD, stack, type User } from "./harness.ts";
import { useDatabase } from "./hooks.ts";

/** Password guessing at Auth and at the API: counted per account, visible to operators, and limited. */
const sql = useDatabase();
withEveryOption();
const LIMIT = 20;

let user: User;
beforeEach(async () => {
  user = await createUser();
});
// The rest of these failures would raise an alert in later tests.
afterEach(async () => {
  await sql`alter table pipeline_internal.audit_log disable trigger append_only`;
  await sql`delete from pipeline_internal.audit_log where action = 'sign_in_failed'`;
  await sql`alter table pipeline_internal.audit_log enable trigger append_only`;
});

async function atAuth(password: string, email = user.email): Promise<number> {
  const answer = await fetch(
    `${stack.url}/auth/v1/token?grant_type=password`,
    {
      method: "POST",
      headers: {
        apikey: stack.publishableKey,
        "content-type": "application/json",
      },
      body: JSON.stringify({ email, password }),
    },
  );
  await answer.body?.cancel();
  return answer.status;
}

async function atApi(password: string, email = user.email): Promise<number> {
  const { status } = await call("/api/auth/login", {
    method: "POST",
    json: { email, password },
  });
  return status;
}

const times = <T>(count: number, run: () => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, run));

const failures = () =>
  sql`
    select details, network is not null as has_network from pipeline_internal.audit_log
    where action = 'sign_in_failed' and user_id = ${user.id}`;

async function windowEnds(): Promise<void> {
  await sql`
    update pipeline_internal.rate_limits set resets_at = now() - interval '1 second'
    where key like 'wrong-passwords:%' or key like 'account:%'`;
}

describe("60 wrong passwords at Auth", () => {
  it("are limited to 20 recorded attempts, and end no session", async () => {
    const statuses = await times(60, () => atAuth("guessed"));
    expect(statuses.filter((status) => status === 400)).toHaveLength(LIMIT);
    expect(statuses.filter((status) => status === 429))
      .toHaveLength(60 - LIMIT);
    expect(await failures()).toEqual(
      Array(LIMIT).fill({
        details: { code: "invalid_credentials", route: "auth/v1" },
        has_network: false,
      }),
    );
    // The right password is refused, too, at Auth and at the API, until the window ends.
    expect(await atAuth(PASSWORD)).toBe(429);
    expect(await atApi(PASSWORD)).toBe(429);
    expect((await call("/api/auth/user", { user })).status).toBe(200);
    const other = await createUser();
    expect(await atAuth(PASSWORD, other.email)).toBe(200);

    await windowEnds();
    expect(await atAuth(PASSWORD)).toBe(200);
  });

  it("open an alert", async () => {
    await times(LIMIT, () => atAuth("guessed"));
    await sql`select pipeline_internal.evaluate_alerts()`;
    const [alert] = await sql`
      select severity, summary from pipeline_internal.alerts
      where rule = 'PipelineSignInsFailing' and subject = 'account' and closed_at is null`;
    expect(alert.severity).toBe("warning");
    await sql`delete from pipeline_internal.alerts where rule = 'PipelineSignInsFailing'`;
    await sql`delete from pipeline_internal.alert_states where rule = 'PipelineSignInsFailing'`;
  });
});

describe("sign-in through the API", () => {
  it("limits wrong passwords to the same number, each recorded once with its network", async () => {
    const statuses = await times(LIMIT + 5, () => atApi("guessed"));
    expect(statuses.toSorted()).toEqual([
      ...Array(LIMIT).fill(401),
      ...Array(5).fill(429),
    ]);
    expect(await failures()).toEqual(
      Array(LIMIT).fill({
        details: { code: "invalid_credentials" },
        has_network: true,
      }),
    );
    expect(await atApi(PASSWORD)).toBe(429);
    await windowEnds();
    expect(await atApi(PASSWORD)).toBe(200);
  });

  it("treats an address without an account like one with an account", async () => {
    const email = `unknown-${crypto.randomUUID()}@example.test`;
    const statuses = await times(LIMIT + 1, () => atApi("guessed", email));
    expect(statuses.filter((status) => status === 429)).toHaveLength(1);
  });

  it("resets the count after the right password", async () => {
    for (let turn = 0; turn < 2; turn++) {
      await times(LIMIT - 1, () => atApi("guessed"));
      expect(await atApi(PASSWORD)).toBe(200);
    }
    const [{ left }] = await sql`
      select count(*)::int as left from pipeline_internal.pending_sign_ins where user_id = ${user.id}`;
    expect(left).toBe(0);
  });

  it("limits password guesses in account deletions", async () => {
    const leave = () =>
      call("/api/account", {
        method: "DELETE",
        user,
        json: { password: "guessed" },
      });
    const statuses = (await times(LIMIT + 1, leave)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 403)).toHaveLength(LIMIT);
    expect(statuses.filter((status) => status === 429)).toHaveLength(1);
  });
});
