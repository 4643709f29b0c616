import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import type { Sql } from "../_shared/database.ts";
import { createLogger } from "../_shared/log.ts";
import { endpointRule, notify } from "./notify.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const URL_OF_CHAT = "https://hooks.example.com/services/a-secret-path";

/** An outbox of one message that is due once; notes how the attempt ended. */
function outbox(message = {}) {
  const due = [{
    delivery_no: "7",
    attempt_count: 1,
    message_id: "msg_one",
    endpoint: "app",
    url: URL_OF_CHAT,
    secret: SECRET,
    previous_secret: null,
    body: '{"type":"alert.opened"}',
    ...message,
  }];
  const ended: unknown[][] = [];
  const sql = (strings: TemplateStringsArray, ...values: unknown[]) => {
    if (strings.join("").includes("begin_notifications")) {
      return Promise.resolve(due.splice(0));
    }
    ended.push(values);
    return Promise.resolve([]);
  };
  return { sql: sql as unknown as Sql, ended };
}

describe("notify", () => {
  it("posts what is due, signed so that the receiver's library accepts it", async () => {
    const { sql, ended } = outbox();
    const requests: [string, RequestInit][] = [];
    const count = await notify(
      {
        sql,
        mayCall: () => Promise.resolve(true),
        fetch: (input, init) => {
          requests.push([String(input), init!]);
          return Promise.resolve(new Response("ok"));
        },
      },
      createLogger("test", () => {}),
      1_000,
    );

    expect(count).toEqual({ delivered: 1, failed: 0 });
    expect(ended).toEqual([["7", 1, 200, null]]);
    const [[url, { headers, body, redirect }]] = requests;
    expect([url, redirect]).toEqual([URL_OF_CHAT, "manual"]);
    const received = new Webhook(SECRET).verify(
      body as string,
      headers as Record<string, string>,
    );
    expect(received).toEqual({ type: "alert.opened" });
  });

  it("signs with the replaced secret, too, while there is one: a receiver that knows either accepts it", async () => {
    const previous = "whsec_" + btoa("the secret before, of 24+").slice(0, 32);
    const { sql } = outbox({ previous_secret: previous });
    const requests: RequestInit[] = [];
    await notify(
      {
        sql,
        mayCall: () => Promise.resolve(true),
        fetch: (_, init) => {
          requests.push(init!);
          return Promise.resolve(new Response("ok"));
        },
      },
      createLogger("test", () => {}),
      1_000,
    );
    const [{ headers, body }] = requests;
    for (const secret of [SECRET, previous]) {
      expect(
        new Webhook(secret).verify(
          body as string,
          headers as Record<string, string>,
        ),
      ).toEqual({ type: "alert.opened" });
    }
  });

  it.each([
    ["a redirect", () => Promise.resolve(new Response(null, { status: 302 })), [
      302,
      "it answered 302",
    ]],
    ["an error", () => Promise.resolve(new Response("no", { status: 500 })), [
      500,
      "it answered 500",
    ]],
    [
      "no receiver",
      () => Promise.reject(new TypeError(`cannot connect to ${URL_OF_CHAT}`)),
      [null, "it could not be reached"],
    ],
  ])(
    "says that %s has not got it, and never where that is",
    async (_who, fetch, expected) => {
      const { sql, ended } = outbox();
      const lines: string[] = [];
      const log = createLogger("test", (line) => lines.push(line));
      await notify(
        { sql, mayCall: () => Promise.resolve(true), fetch },
        log,
        1_000,
      );
      expect(ended).toEqual([["7", 1, ...expected]]);
      expect(lines.join()).toContain("was not delivered");
      expect(lines.join()).not.toContain("a-secret-path");
    },
  );

  it("calls no forbidden endpoint and sends nothing unsigned", async () => {
    const fetch = () => Promise.reject(new Error("called"));
    const mayCall = endpointRule("production");
    const log = createLogger("test", () => {});
    const inside = outbox({ url: "https://169.254.169.254/latest" });
    await notify({ sql: inside.sql, mayCall, fetch }, log, 1_000);
    expect(inside.ended).toEqual([
      ["7", 1, null, "https://169.254.169.254 may not be called from here"],
    ]);
    const led = endpointRule(
      "production",
      [],
      () => Promise.resolve(["10.0.0.7"]),
    );
    const astray = outbox();
    await notify({ sql: astray.sql, mayCall: led, fetch }, log, 1_000);
    expect(astray.ended).toEqual([
      ["7", 1, null, "https://hooks.example.com may not be called from here"],
    ]);
    const lost = outbox();
    const unknown = endpointRule(
      "production",
      [],
      () => Promise.reject(new Error("ENOTFOUND")),
    );
    await notify({ sql: lost.sql, mayCall: unknown, fetch }, log, 1_000);
    expect(lost.ended).toEqual([
      ["7", 1, null, "hooks.example.com could not be resolved"],
    ]);
    const unsigned = outbox({ secret: null });
    await notify(
      { sql: unsigned.sql, mayCall: () => Promise.resolve(true), fetch },
      log,
      1_000,
    );
    expect(unsigned.ended).toEqual([[
      "7",
      1,
      null,
      "its secret is not in Vault",
    ]]);
  });
});

describe("endpointRule", () => {
  const allows = (
    url: string,
    environment: "development" | "staging" | "production",
    hosts: string[] = [],
  ) =>
    endpointRule(environment, hosts, () => Promise.resolve(["93.184.215.14"]))(
      new URL(url),
    );

  it("lets messages go to public hosts over HTTPS alone", async () => {
    for (
      const [url, environment, expected] of [
        ["https://app.example.com/hook", "production", true],
        ["http://app.example.com/hook", "production", false],
        ["https://localhost/hook", "staging", false],
        ["https://[::1]/hook", "production", false],
        ["https://2130706433/hook", "production", false],
      ] as const
    ) {
      expect(await allows(url, environment), url).toBe(expected);
    }
  });

  it("lets them go where the operator says, and anywhere in development", async () => {
    const hosts = ["Alerts.internal:9093"];
    expect(await allows("http://alerts.internal:9093/", "production", hosts))
      .toBe(true);
    expect(await allows("http://alerts.internal/", "production", hosts))
      .toBe(false);
    expect(await allows("http://127.0.0.1:1234/", "development")).toBe(true);
  });
});
