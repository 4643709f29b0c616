import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { networkEnvironment } from "../../dev/network_environment.ts";
import { REPOSITORY } from "../../dev/repository.ts";
import { LOCAL_KEYS } from "../../platform/stack/keys.ts";

/** A project as far as the console's command looks at it. */
let project: Deno.HttpServer<Deno.NetAddr>;
let url: string;
let place: string;

beforeAll(async () => {
  place = await Deno.makeTempDir({ prefix: "console-command-" });
  project = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const isKnown = request.headers.get("apikey") === "sb_publishable_mine";
    return Response.json({}, { status: isKnown ? 200 : 401 });
  });
  url = `http://127.0.0.1:${project.addr.port}`;
});
afterAll(async () => {
  await project.shutdown();
  await Deno.remove(place, { recursive: true });
});

function command(args: string[], env: Record<string, string> = {}): Deno.Command {
  return new Deno.Command("node", {
    args: [`${REPOSITORY}/scripts/dev/run.mjs`, "console", ...args],
    cwd: place,
    clearEnv: true,
    env: { ...networkEnvironment(["PATH", "HOME"]), ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

async function ended(args: string[], env?: Record<string, string>) {
  const { code, stdout, stderr } = await command(args, env).output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), err: text.decode(stderr) };
}

/** Until its output has a line that matches. */
async function running(args: string[], pattern: RegExp): Promise<{ found: string; stop(): Promise<number> }> {
  const child = command(args).spawn();
  let printed = "";
  const reader = child.stdout.pipeThrough(new TextDecoderStream() as never).getReader();
  const errors = child.stderr.pipeThrough(new TextDecoderStream() as never);
  const failure = Array.fromAsync(errors as ReadableStream<string>);
  for (;;) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`${pattern} is not in:\n${printed}${(await failure).join("")}`);
    printed += value;
    // deno-lint-ignore no-control-regex
    const match = pattern.exec(printed.replaceAll(/\u001b\[\d+m/g, ""));
    if (match) {
      return {
        found: match[1],
        async stop() {
          child.kill("SIGINT");
          while (!(await reader.read()).done);
          await failure;
          return (await child.status).code;
        },
      };
    }
  }
}

const named = () => ["--url", url, "--key", "sb_publishable_mine"];

describe("npm run console", () => {
  it("serves the console of a project until it is interrupted", async () => {
    const { found, stop } = await running([...named(), "--port", "0"], /Console +(\S+)/);
    try {
      const page = await fetch(found);
      expect(page.headers.get("content-security-policy")).toContain(`connect-src 'self' ${url} `);
      const [, script] = /<script type="module"[^>]* src="\.\/([^"]+)"/.exec(await page.text())!;
      const answer = await fetch(found + script);
      expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "text/javascript; charset=utf-8"]);
      await answer.body!.cancel();
      expect(await (await fetch(`${found}config.json`)).json())
        .toEqual({ url, publishableKey: "sb_publishable_mine" });
      const missing = await fetch(`${found}secret.html`);
      expect([missing.status, await missing.text()]).toEqual([404, "Not found\n"]);
    } finally {
      expect(await stop()).toBe(0);
    }
  }, 60_000);

  it("says which port is taken", async () => {
    const { code, err } = await ended([...named(), "--port", String(project.addr.port)]);
    expect(code).toBe(1);
    expect(err).toContain(`Port ${project.addr.port} is taken`);
    expect(err).toContain("--port");
  }, 60_000);

  it("says that the project is unreachable, or refuses the key", async () => {
    const unreachable = await ended(["--url", "http://127.0.0.1:1", "--key", "sb_publishable_mine", "--port", "0"]);
    expect([unreachable.code, unreachable.err]).toEqual([
      1,
      expect.stringContaining("http://127.0.0.1:1 is unreachable"),
    ]);
    const refused = await ended(["--url", url, "--key", "sb_publishable_other", "--port", "0"]);
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining("Project Settings > API Keys")]);
  }, 60_000);

  it.each(["serve", "build", "dev"])("refuses a secret key to %s, and does not repeat it", async (act) => {
    const { code, out, err } = await ended([act, "--url", url], { SUPABASE_PUBLISHABLE_KEY: LOCAL_KEYS.secretKey });
    expect([code, err]).toEqual([1, expect.stringContaining("must never reach a browser")]);
    expect(out + err).not.toContain(LOCAL_KEYS.secretKey);
  }, 60_000);

  it("asks for the key of a project that is not on this machine", async () => {
    const { code, err } = await ended(["--url", "https://abcdefghijklmnopqrst.supabase.co"]);
    expect([code, err]).toEqual([1, expect.stringContaining("SUPABASE_PUBLISHABLE_KEY")]);
  }, 60_000);

  it("names an unknown act", async () => {
    const { code, err } = await ended(["sreve"]);
    expect([code, err]).toEqual([2, expect.stringContaining("serve, dev, build")]);
  }, 60_000);
});

describe("npm run console -- build", () => {
  it("writes files for a static host below the caller's folder", async () => {
    const { code, out, err } = await ended(["build", ...named(), "--out", "site", "--consent-version", "2026-01"]);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toContain("site");
    expect(JSON.parse(await Deno.readTextFile(`${place}/site/config.json`)))
      .toEqual({ url, publishableKey: "sb_publishable_mine", consentVersion: "2026-01" });
    expect(await Deno.readTextFile(`${place}/site/index.html`)).toContain('http-equiv="Content-Security-Policy"');
    expect(await Deno.readTextFile(`${place}/site/_headers`)).toContain("frame-ancestors 'none'");
  }, 60_000);
});

describe("npm run console -- dev", () => {
  it("serves the sources with the project's settings until it is interrupted", async () => {
    const { found, stop } = await running(["dev", ...named(), "--port", "0"], /Local: +(\S+)/);
    try {
      expect(await (await fetch(`${found}config.json`)).json())
        .toEqual({ url, publishableKey: "sb_publishable_mine" });
      expect(await (await fetch(found)).text()).toContain("/@vite/client");
    } finally {
      expect(await stop()).toBe(0);
    }
  }, 60_000);
});
