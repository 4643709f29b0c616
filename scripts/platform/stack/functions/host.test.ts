import { resolve } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { SignJWT } from "jose";
import { HOSTED_VERSIONS } from "../hosted_versions.ts";
import { type FunctionHost, startFunctionHost } from "./host.ts";

const MEBIBYTE = 2 ** 20;
const SECRET = "a-secret-of-at-least-thirty-two-characters";

/** Functions as a user would write them. */
const SOURCES: Record<string, string> = {
  echo: `
    let served = 0;
    Deno.serve(async (req) => {
      const body = await req.arrayBuffer();
      return Response.json({
        pid: Deno.pid, served: ++served, path: new URL(req.url).pathname + new URL(req.url).search,
        bytes: body.byteLength, header: req.headers.get("x-test"), env: Deno.env.toObject(),
      }, { status: 201, headers: { "x-answer": "yes" } });
    });`,
  page: `Deno.serve({ port: 9999 }, () => new Response("<p>", { headers: { "content-type": "text/html" } }));`,
  sleep: `
    Deno.serve({ handler: async (req) => {
      await new Promise((r) => setTimeout(r, Number(new URL(req.url).searchParams.get("ms"))));
      return new Response("woke");
    } });`,
  crash: `Deno.serve((req) => {
      if (new URL(req.url).pathname.endsWith("/now")) Deno.exit(3);
      return new Response(String(Deno.pid));
    });`,
  heap: `const kept = [];
    Deno.serve(() => { for (;;) kept.push(new Array(100_000).fill(kept.length)); });`,
  buffers: `const kept = [];
    Deno.serve(async () => {
      for (;;) { kept.push(new Uint8Array(8 * 2 ** 20).fill(1)); await new Promise((r) => setTimeout(r, 5)); }
    });`,
  refuse: `
    Deno.serve(async (req) => {
      if (new URL(req.url).pathname.endsWith("/midway")) {
        const reader = req.body.getReader();
        await reader.read();
        await reader.cancel();
      }
      return new Response("too large", { status: 413 });
    });`,
  version: `Deno.serve(() => new Response(Deno.version.deno));`,
  gone: `
    Deno.serve(() => new Response("never"));
    Deno.exit(7);`,
  broken: `console.log("about to fail"); throw new Error("no good at all");`,
  silent: `setInterval(() => {}, 1000);`,
  later: `
    Deno.serve((req) => {
      const { searchParams } = new URL(req.url);
      addEventListener("beforeunload", () => console.log("unloading"));
      EdgeRuntime.waitUntil((async () => {
        await new Promise((r) => setTimeout(r, Number(searchParams.get("ms"))));
        await fetch(searchParams.get("notify"));
      })());
      console.log(JSON.stringify({ level: "debug", message: "answered" }));
      return new Response(String(Deno.pid));
    });`,
  stream: `
    Deno.serve(() => new Response(new ReadableStream({
      async start(controller) {
        for (let n = 0; n < 16; n++) {
          controller.enqueue(new Uint8Array(2 ** 18));
          await new Promise((r) => setTimeout(r, 20));
        }
        controller.close();
      },
    })));`,
  burn: `
    const busy = (ms) => { for (const end = performance.now() + ms; performance.now() < end;); };
    addEventListener("beforeunload", (event) => console.log("unloading: " + event.detail.reason));
    Deno.serve(async (req) => {
      const { searchParams } = new URL(req.url);
      const times = Number(searchParams.get("times") ?? 1);
      const work = (async () => {
        for (let n = 0; n < times; n++) {
          busy(Number(searchParams.get("ms")));
          await new Promise((r) => setTimeout(r, 40));
        }
      })();
      if (searchParams.has("behind")) EdgeRuntime.waitUntil(work);
      else await work;
      return new Response(String(Deno.pid));
    });`,
  guarded: `Deno.serve(() => new Response("in"));`,
  _shared: `Deno.serve(() => new Response("must not be served"));`,
};

let dir: string;
const hosts: FunctionHost[] = [];

async function host(
  options: Partial<Parameters<typeof startFunctionHost>[0]> = {},
): Promise<FunctionHost> {
  const started = await startFunctionHost({
    dir,
    env: { GREETING: "hello" },
    logFile: `${dir}/functions.log`,
    ...options,
  });
  hosts.push(started);
  return started;
}

function call(
  to: FunctionHost,
  path: string,
  init?: RequestInit,
): Promise<Response> {
  return to.fetch(
    new Request(`http://127.0.0.1:54321/functions/v1${path}`, init),
  );
}

/** A process that has ended and that its parent has not reaped is not alive. */
async function alive(pid: number): Promise<boolean> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => null);
  return stat !== null && !stat.includes(") Z ");
}

async function until(
  condition: () => Promise<boolean>,
  ms = 30_000,
): Promise<void> {
  const end = Date.now() + ms;
  while (!await condition()) {
    if (Date.now() > end) throw new Error(`not so after ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

beforeAll(async () => {
  dir = await Deno.makeTempDir({ prefix: "functions-test-" });
  for (const [name, source] of Object.entries(SOURCES)) {
    await Deno.mkdir(`${dir}/${name}`);
    await Deno.writeTextFile(`${dir}/${name}/index.ts`, source);
  }
});

afterEach(() => vi.useRealTimers());
afterAll(async () => {
  await Promise.all(hosts.map((each) => each.stop()));
  await Deno.remove(dir, { recursive: true });
});

describe("a function", () => {
  it("receives method, headers, body and the path below /functions/v1, and returns its whole answer", async () => {
    const functions = await host();
    const response = await call(functions, "/echo/deep/path?q=1", {
      method: "POST",
      body: "12345",
      headers: { "x-test": "kept" },
    });
    expect(response.status).toBe(201);
    expect(response.headers.get("x-answer")).toBe("yes");
    expect(await response.json()).toMatchObject({
      path: "/echo/deep/path?q=1",
      bytes: 5,
      header: "kept",
    });
  });

  it("sees its own environment and not the supervisor's", async () => {
    Deno.env.set("SECRET_OF_THE_MACHINE", "x");
    const functions = await host();
    const { env } = await (await call(functions, "/echo")).json()
      .finally(() => Deno.env.delete("SECRET_OF_THE_MACHINE"));
    expect(env.GREETING).toBe("hello");
    for (const name of ["SECRET_OF_THE_MACHINE", "HOME", "STACK_BOOT_ORDER"]) {
      expect(env).not.toHaveProperty(name);
    }
  });

  it("starts once for requests that arrive together, and is reused", async () => {
    const functions = await host();
    const answers = await Promise.all(
      Array.from(
        { length: 5 },
        () => call(functions, "/echo").then((r) => r.json()),
      ),
    );
    expect(new Set(answers.map((a) => a.pid)).size).toBe(1);
    expect(answers.map((a) => a.served).sort()).toEqual([1, 2, 3, 4, 5]);
    expect(functions.processes()).toEqual([
      { name: "echo", pid: answers[0].pid },
    ]);
  });

  it("runs on the version of Deno that hosted runs it on", async () => {
    const response = await call(await host(), "/version");
    expect(await response.text()).toBe(HOSTED_VERSIONS.deno);
  });

  it.each(["/refuse", "/refuse/midway"])(
    "answers before it has read the request: %s",
    async (path) => {
      const functions = await host();
      for (let n = 0; n < 20; n++) {
        const response = await call(functions, path, {
          method: "POST",
          body: new Uint8Array(2 * MEBIBYTE),
        });
        expect(response.status).toBe(413);
        expect(await response.text()).toBe("too large");
      }
    },
  );

  it("sends HTML as plain text, as on hosted", async () => {
    const response = await call(await host(), "/page");
    expect(response.headers.get("content-type")).toBe("text/plain");
    expect(await response.text()).toBe("<p>");
  });

  it.each(["/nothing", "/_shared", "/..%2Fecho", "/", ""])(
    "returns 404 when it does not exist: %s",
    async (path) => {
      const response = await call(await host(), path);
      expect(response.status).toBe(404);
      expect((await response.json()).code).toBe("NOT_FOUND");
    },
  );

  it("accepts only callers with a valid token under verify_jwt", async () => {
    const functions = await host({
      verifyJwt: { functions: new Set(["guarded"]), secret: SECRET },
    });
    const token = (secret: string) =>
      new SignJWT({ role: "anon" }).setProtectedHeader({ alg: "HS256" })
        .setExpirationTime("1h").sign(new TextEncoder().encode(secret));
    const status = async (authorization?: string) =>
      (await call(functions, "/guarded", {
        headers: authorization ? { authorization } : {},
      })).status;
    expect(await status()).toBe(401);
    expect(await status("Bearer sb_publishable_x")).toBe(401);
    expect(await status(`Bearer ${await token(SECRET + "!")}`)).toBe(401);
    expect(await status(`Bearer ${await token(SECRET)}`)).toBe(200);
    expect((await call(functions, "/echo")).status).toBe(201);
  });
});

describe("limits", () => {
  it("refuse a body that declares too many bytes", async () => {
    const functions = await host({ limits: { bodyBytes: MEBIBYTE } });
    const response = await call(functions, "/echo", {
      method: "POST",
      body: new Uint8Array(MEBIBYTE + 1),
      headers: { "content-length": String(MEBIBYTE + 1) },
    });
    expect(response.status).toBe(413);
  });

  it("refuse a streamed body that grows too large, and keep the function running", async () => {
    const functions = await host({ limits: { bodyBytes: MEBIBYTE } });
    const { pid } = await (await call(functions, "/echo")).json();
    const streamed = (chunks: number) => {
      let sent = 0;
      return call(functions, "/echo", {
        method: "POST",
        body: new ReadableStream({
          pull(controller) {
            if (sent++ === chunks) controller.close();
            else controller.enqueue(new Uint8Array(MEBIBYTE / 4));
          },
        }),
      });
    };
    expect((await streamed(5)).status).toBe(413);
    const whole = await streamed(4);
    expect(await whole.json()).toMatchObject({ pid, bytes: MEBIBYTE });
  });

  it("return 504 when no answer comes in time", async () => {
    const functions = await host({ limits: { firstResponseMs: 200 } });
    await call(functions, "/sleep?ms=0");
    const response = await call(functions, "/sleep?ms=3000");
    expect(response.status).toBe(504);
    expect((await response.json()).code).toBe("IDLE_TIMEOUT");
  });

  it("kill a process at the end of its wall clock, and return 546", async () => {
    const functions = await host({ limits: { wallClockMs: 1_500 } });
    const response = await call(functions, "/sleep?ms=30000");
    expect(response.status).toBe(546);
    expect((await response.json()).code).toBe("WORKER_LIMIT");
    await until(() => Promise.resolve(functions.processes().length === 0));
  });

  it("dispatch beforeunload shortly before the end of the wall clock", async () => {
    const logFile = `${dir}/wall_clock.log`;
    const functions = await host({ logFile, limits: { wallClockMs: 2_000 } });
    await call(functions, "/burn?ms=0&times=1000&behind");
    await until(() => Promise.resolve(functions.processes().length === 0));
    expect(await Deno.readTextFile(logFile)).toContain("unloading: wall_clock");
  });

  it("replace a process halfway through its wall clock without failing a request", async () => {
    const logFile = `${dir}/replaced.log`;
    const functions = await host({ logFile, limits: { wallClockMs: 4_000 } });
    const ask = async (): Promise<number> => {
      const response = await call(functions, "/echo");
      expect(response.status).toBe(201);
      return (await response.json()).pid;
    };
    const first = await ask();
    while (await ask() === first);
    await until(async () => !await alive(first));
    await functions.stop();
    // The replaced process ended by itself; the wall clock limit would have killed it.
    expect(await Deno.readTextFile(logFile)).not.toContain("ended with");
  });

  it.each(["heap", "buffers"])(
    "end a process whose %s exceed the memory limit",
    async (name) => {
      const functions = await host({
        limits: { memoryBytes: 64 * MEBIBYTE },
      });
      const response = await call(functions, `/${name}`);
      expect(response.status).toBe(546);
      expect(functions.processes()).toEqual([]);
    },
  );
});

describe("load", () => {
  it("starts another process when the first is crowded, up to the limit, and uses the least busy", async () => {
    const functions = await host({ limits: { isolates: 2, crowd: 2 } });
    const sleep = (ms: number) => call(functions, `/sleep?ms=${ms}`);
    await sleep(0);
    const slow = [sleep(1_000), sleep(1_000)];
    await until(() => Promise.resolve(functions.processes().length === 1));
    const [first] = functions.processes();
    slow.push(...Array.from({ length: 4 }, () => sleep(1_000)));
    await until(() => Promise.resolve(functions.processes().length === 2));
    for (const each of slow) expect(await (await each).text()).toBe("woke");
    expect(functions.processes()).toHaveLength(2);
    expect(functions.processes()[0]).toEqual(first);
    await functions.setEnv({});
    await until(() => Promise.resolve(functions.processes().length === 0));
  });

  it("uses the crowded process when another does not start", async () => {
    const logFile = `${dir}/once.log`;
    await Deno.mkdir(`${dir}/once`, { recursive: true });
    const write = (source: string) => Deno.writeTextFile(`${dir}/once/index.ts`, source);
    await write(`Deno.serve(async (req) => {
      await new Promise((r) => setTimeout(r, 300));
      return new Response("woke");
    });`);
    const functions = await host({
      limits: { isolates: 2, crowd: 1 },
      logFile,
    });
    expect((await call(functions, "/once")).status).toBe(200);
    await write(`throw new Error("no longer good");`);
    const answers = await Promise.all(
      [1, 2, 3].map(() => call(functions, "/once")),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    await functions.stop();
    expect(await Deno.readTextFile(logFile)).toContain("no longer good");
  });
});

describe("CPU time", () => {
  // A busy loop takes at least as much wall-clock time as CPU time, so these limits suffice.
  const limits = { cpuSoftMs: 400, cpuHardMs: 800, cpuBootMs: 0 };
  const logged = async (logFile: string) =>
    (await Deno.readTextFile(logFile)).split("\n").filter(Boolean)
      .map((line) => JSON.parse(line).message as string);
  const pidOf = async (response: Response) => {
    expect(response.status).toBe(200);
    return Number(await response.text());
  };

  it("adds up over a process's life, and the soft limit replaces the process without failing a request", async () => {
    const logFile = `${dir}/${crypto.randomUUID()}.log`;
    const functions = await host({ logFile, limits });
    const first = await pidOf(await call(functions, "/burn?ms=50"));
    let pid = first;
    while (pid === first) {
      pid = await pidOf(await call(functions, "/burn?ms=50"));
    }
    await until(async () => !await alive(first));
    await functions.stop();
    const messages = await logged(logFile);
    expect(messages).toContainEqual(
      expect.stringMatching(
        /^CPU time soft limit reached: isolate: [-\da-f]+$/,
      ),
    );
    expect(messages).toContain("unloading: early_drop");
    expect(messages.join()).not.toContain("hard limit");
    expect(messages.join()).not.toContain("ended with");
  });

  it("counts work after the answer, and running work continues past the soft limit", async () => {
    const logFile = `${dir}/${crypto.randomUUID()}.log`;
    const functions = await host({
      logFile,
      limits: { ...limits, cpuHardMs: 100_000 },
    });
    const path = "/burn?ms=100&times=20&behind";
    const first = await pidOf(await call(functions, path));
    await until(async () => (await logged(logFile)).join().includes("soft"));
    expect(await alive(first)).toBe(true);
    expect(await logged(logFile)).not.toContain("unloading: early_drop");
    expect(await pidOf(await call(functions, "/burn?ms=0"))).not.toBe(first);
    await until(async () => !await alive(first));
    await functions.stop();
    expect(await logged(logFile)).toContain("unloading: early_drop");
  });

  it("dispatches beforeunload shortly before the hard limit, which kills the process: 546", async () => {
    const logFile = `${dir}/${crypto.randomUUID()}.log`;
    const functions = await host({ logFile, limits });
    const response = await call(functions, "/burn?ms=20&times=1000");
    expect(response.status).toBe(546);
    expect(await response.json()).toMatchObject({ code: "WORKER_LIMIT" });
    await functions.stop();
    const messages = await logged(logFile);
    const positions = [
      "CPU time soft limit reached",
      "unloading: cpu",
      "CPU time hard limit reached",
    ].map((start) => messages.findIndex((line) => line.startsWith(start)));
    expect(positions).not.toContain(-1);
    expect(positions).toEqual(positions.toSorted((a, b) => a - b));
  });

  it("counts a fixed amount for a start, however long it takes", async () => {
    const logFile = `${dir}/charge.log`;
    const functions = await host({
      logFile,
      limits: { ...limits, cpuSoftMs: 10_000, cpuHardMs: 10_000 },
    });
    await pidOf(await call(functions, "/burn?ms=0"));
    const charged = await host({
      logFile: `${dir}/charged.log`,
      limits: { cpuSoftMs: 10_000, cpuHardMs: 10_000, cpuBootMs: 10_000 },
    });
    await call(charged, "/burn?ms=0");
    await until(() => Promise.resolve(charged.processes().length === 0));
    expect(functions.processes()).toHaveLength(1);
  });
});

describe("a function that fails", () => {
  it("to start returns 503 with the end of its output, and is not started for each request", async () => {
    // The clock is stopped, so the second request comes at once.
    vi.useFakeTimers({ toFake: ["Date"] });
    const logFile = `${dir}/broken.log`;
    const functions = await host({ logFile });
    const first = await call(functions, "/broken");
    expect(first.status).toBe(503);
    const { code, message } = await first.json();
    expect(code).toBe("BOOT_ERROR");
    expect(message).toContain("about to fail");
    expect(message).toContain("no good at all");
    expect((await call(functions, "/broken")).status).toBe(503);
    vi.setSystemTime(Date.now() + 200);
    expect((await call(functions, "/broken")).status).toBe(503);
    await functions.stop();
    const lines = (await Deno.readTextFile(logFile)).trim().split("\n");
    const starts = lines.filter((line) => JSON.parse(line).message === "about to fail");
    expect(starts).toHaveLength(2);
  });

  it("to listen returns 503 after the time to start", async () => {
    const functions = await host({ limits: { bootMs: 1_000 } });
    const response = await call(functions, "/silent");
    expect(response.status).toBe(503);
    expect((await response.json()).message).toContain("Deno.serve");
  });

  it("while answering returns 546, and the next request gets a new process", async () => {
    const functions = await host();
    const before = await (await call(functions, "/crash")).text();
    expect((await call(functions, "/crash/now")).status).toBe(546);
    const after = await call(functions, "/crash");
    expect(after.status).toBe(200);
    expect(await after.text()).not.toBe(before);
  });

  it("between listening and its discovery gets no request and is not listed", async () => {
    const functions = await host();
    for (let n = 0; n < 3; n++) {
      const answer = call(functions, "/gone");
      await new Promise((resolve) => setTimeout(resolve, 20));
      // The supervisor reads the line and the end together.
      for (const end = performance.now() + 500; performance.now() < end;);
      expect([503, 546]).toContain((await answer).status);
      expect(functions.processes()).toEqual([]);
    }
  });

  it("because it was killed is replaced by the next request", async () => {
    const functions = await host();
    const before = Number(await (await call(functions, "/crash")).text());
    Deno.kill(before, "SIGKILL");
    await until(() => Promise.resolve(functions.processes().length === 0));
    const after = await call(functions, "/crash");
    expect(after.status).toBe(200);
    expect(Number(await after.text())).not.toBe(before);
  });
});

describe("the end", () => {
  it("waits for background work, dispatches beforeunload, and keeps log lines unchanged", async () => {
    const notified = Promise.withResolvers<void>();
    const listener = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      () => {
        notified.resolve();
        return new Response();
      },
    );
    const logFile = `${dir}/later.log`;
    const functions = await host({ logFile });
    const notify = `http://127.0.0.1:${listener.addr.port}/`;
    const response = await call(
      functions,
      `/later?ms=500&notify=${encodeURIComponent(notify)}`,
    );
    const pid = Number(await response.text());
    await functions.stop();
    await functions.stop();
    await notified.promise;
    expect(await alive(pid)).toBe(false);
    const lines = (await Deno.readTextFile(logFile)).trim().split("\n");
    expect(lines).toContain(`{"level":"debug","message":"answered"}`);
    expect(lines.map((line) => JSON.parse(line).message)).toContain(
      "unloading",
    );
    await listener.shutdown();
  });

  it("waits for answers that are being delivered", async () => {
    const functions = await host();
    const response = await call(functions, "/stream");
    const [{ pid }] = functions.processes();
    await functions.setEnv({});
    expect((await response.bytes()).length).toBe(4 * MEBIBYTE);
    await until(async () => !await alive(pid), 10_000);
  });

  it("comes when everything is answered, even if a request's body never ends", async () => {
    const functions = await host();
    const response = await call(functions, "/crash", {
      method: "POST",
      body: new ReadableStream({
        start: (controller) => controller.enqueue(new Uint8Array(1)),
      }),
    });
    const pid = Number(await response.text());
    await functions.setEnv({});
    await until(async () => !await alive(pid), 10_000);
  });

  it("comes after the grace period when work does not finish", async () => {
    const functions = await host({ limits: { stopMs: 300 } });
    const response = await call(functions, "/later?ms=60000&notify=x");
    const pid = Number(await response.text());
    await functions.stop();
    expect(await alive(pid)).toBe(false);
  });

  it("of a killed supervisor ends its functions", async () => {
    const script = `${dir}/supervisor.ts`;
    await Deno.writeTextFile(
      script,
      `import { startFunctionHost } from ${JSON.stringify(new URL("./host.ts", import.meta.url).href)};
      const host = await startFunctionHost({ dir: ${JSON.stringify(dir)}, env: {}, logFile: "${dir}/supervised.log" });
      const response = await host.fetch(new Request("http://x/functions/v1/crash"));
      console.log(await response.text());
      setInterval(() => {}, 1000);`,
    );
    const config = resolve(import.meta.dirname!, "../../../../deno.json");
    const supervisor = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--config", config, script],
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const reader = supervisor.stdout.getReader();
    const pid = Number(new TextDecoder().decode((await reader.read()).value));
    expect(await alive(pid)).toBe(true);
    supervisor.kill("SIGKILL");
    await supervisor.status;
    await until(async () => !await alive(pid));
    await reader.cancel();
  });
});
