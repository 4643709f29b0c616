import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { parseEnv } from "node:util";
import postgres from "postgres";
import { runDemo } from "../../dev/demo/demo.ts";
import { HANDBOOK, HANDBOOK_QUESTION } from "../../dev/demo/handbook.ts";
import { Screen } from "../../dev/terminal/screen.ts";
import { findDockerStack } from "../cli/docker_stack.ts";
import { SupabaseCli } from "../cli/supabase_cli.ts";
import { freePort } from "../stack/postgres/ports.ts";
import { addressForContainers, checkDocker } from "./docker.ts";
import { publishSimulator } from "./published_simulators.ts";
import { checkReachable } from "./reach.ts";
import { startDocker } from "./start_docker.ts";
import { CliStandIn } from "./testing/cli_stand_in.ts";
import { standInForDocker } from "./testing/docker_stand_in.ts";

describe("start:docker, with the embedded stack in the containers' place", () => {
  let folder: string;
  let docker: AsyncDisposable;
  let cli: CliStandIn;
  let parts = new AsyncDisposableStack();
  const ports = { LlamaParse: freePort(), OpenAI: freePort() };
  const start = (env: Record<string, string> = {}) =>
    startDocker({
      cli,
      settingsPath: `${folder}/.env`,
      env,
      onProgress() {},
      parts,
      hostName: "127.0.0.1",
      ports,
    });
  const settings = async () => parseEnv(await Deno.readTextFile(`${folder}/.env`));

  beforeAll(async () => {
    folder = await Deno.makeTempDir({ prefix: "start-docker-" });
    docker = await standInForDocker();
    cli = new CliStandIn(`${folder}/.env`);
  });
  afterEach(async () => {
    await parts.disposeAsync();
    parts = new AsyncDisposableStack();
  });
  afterAll(async () => {
    await cli[Symbol.asyncDispose]();
    await docker[Symbol.asyncDispose]();
    await Deno.remove(folder, { recursive: true });
  });

  it("takes a document to an answer without any key", async () => {
    const { stack, providers } = await start();
    expect(providers.simulated).toEqual(["LlamaParse", "OpenAI"]);
    expect(await settings()).toMatchObject({
      LLAMAPARSE_API_URL: `http://127.0.0.1:${ports.LlamaParse}`,
      OPENAI_API_URL: `http://127.0.0.1:${ports.OpenAI}/v1`,
      WORKER_SECRET: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const lines: string[] = [];
    await runDemo({
      ...stack,
      file: { filename: "handbook.pdf", bytes: await Deno.readFile(HANDBOOK) },
      question: HANDBOOK_QUESTION,
      out: new Screen((line) => lines.push(line)),
      signal: AbortSignal.timeout(60_000),
    });
    expect(lines.join("\n")).toMatch(/complete +searchable[^]*Late returns/);
  });

  it("is found by the commands of the folder while it runs", async () => {
    const settingsPath = `${folder}/.env`;
    expect(await findDockerStack({ cli, settingsPath })).toMatchObject({
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      inDocker: true,
    });
    cli.calls.length = 0;
    expect(await findDockerStack({ cli, settingsPath: `${folder}/missing` })).toBeUndefined();
    expect(cli.calls).toEqual([]);
    expect(await findDockerStack({ cli: new CliStandIn(settingsPath), settingsPath })).toBeUndefined();
  });

  it("leaves what runs alone when nothing has changed", async () => {
    cli.calls.length = 0;
    const before = await settings();
    await start();
    expect(cli.calls).toEqual(["status", "migration up --local", "status --output json"]);
    expect(await settings()).toEqual(before);
  });

  it("uses the real services when their keys are set, keeps them, and restarts the functions", async () => {
    const { WORKER_SECRET } = await settings();
    cli.calls.length = 0;
    const keys = { LLAMAPARSE_API_KEY: "llx-1", OPENAI_API_KEY: "sk-1", LLAMAPARSE_TIER: "agentic" };
    const { providers } = await start(keys);
    expect(providers.simulated).toEqual([]);
    expect(cli.calls).toEqual(["status", "stop", "start", "migration up --local", "status --output json"]);
    const { LLAMAPARSE_API_URL, OPENAI_API_URL, ...stored } = await settings();
    expect([LLAMAPARSE_API_URL, OPENAI_API_URL]).toEqual([undefined, undefined]);
    expect(stored).toMatchObject({ ...keys, WORKER_SECRET });
    expect((await start()).providers.simulated).toEqual([]);
  });

  it("reports what the containers cannot reach, with a remedy", async () => {
    const { stack } = await start();
    const sql = postgres(stack.databaseUrl, { max: 1, onnotice() {} });
    await expect(checkReachable(sql, `http://127.0.0.1:${freePort()}/`, 2_000)).rejects.toMatchObject({
      message: expect.stringContaining("do not reach the simulators"),
      remedy: expect.stringContaining("LLAMAPARSE_API_KEY"),
    });
    await sql.end();
  });
});

describe("Docker", () => {
  it("has to be there, and to run", async () => {
    await using _stopped = await standInForDocker({ runs: false });
    await expect(checkDocker()).rejects.toThrow("Cannot connect to the Docker daemon");
    const path = Deno.env.get("PATH")!;
    Deno.env.set("PATH", "/nonexistent");
    await expect(checkDocker()).rejects.toThrow("There is no Docker").finally(() => Deno.env.set("PATH", path));
  });

  it("reaches this machine on its bridge, or on the loopback address where the bridge is elsewhere", async () => {
    {
      await using _engine = await standInForDocker({ gateway: "127.0.0.2" });
      expect(await addressForContainers("linux")).toBe("127.0.0.2");
      expect(await addressForContainers("darwin")).toBe("127.0.0.1");
      expect(await addressForContainers("windows")).toBe("127.0.0.1");
    }
    await using _desktop = await standInForDocker({ gateway: "198.51.100.7" });
    expect(await addressForContainers("linux")).toBe("127.0.0.1");
  });
});

describe("a simulator for containers", () => {
  const simulator = { fetch: (request: Request) => new Response(request.url) };

  it("answers under the name that containers call, without its control routes", async () => {
    const ports = { LlamaParse: freePort(), OpenAI: 1 };
    const options = { address: "127.0.0.2", hostName: "localhost", ports };
    const { url, stop } = await publishSimulator("LlamaParse", simulator, options);
    expect(url).toBe(`http://localhost:${ports.LlamaParse}`);
    const called = `http://127.0.0.2:${ports.LlamaParse}`;
    expect(await (await fetch(`${called}/api/v2/parse`)).text()).toBe(`${called}/api/v2/parse`);
    for (const path of ["/_control/requests", "//_control/requests", "/x/../_control/faults", "/%5Fcontrol/faults"]) {
      const answer = await fetch(called + path);
      expect([path, answer.status, await answer.text()]).toEqual([path, 404, "Not found"]);
    }
    await expect(publishSimulator("LlamaParse", simulator, options)).rejects.toThrow("is taken");
    await stop();
  });
});

it("asks the CLI for commands and options that it has", async () => {
  const cli = new SupabaseCli({ directory: "." });
  for (const [command, option] of [["start"], ["stop"], ["status", "--output"], ["migration up", "--local"]]) {
    const { ok, output } = await cli.attempt(...command.split(" "), "--help");
    expect([command, ok]).toEqual([command, true]);
    if (option) expect(output).toContain(option);
  }
});
