import { fileURLToPath } from "node:url";
import { build, stop } from "esbuild";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { announceStack, findStackAt, findStackOfFolder } from "./running_stack.ts";

let notesDir: string;
beforeEach(async () => notesDir = await Deno.makeTempDir({ prefix: "running-stack-" }));
afterEach(() => Deno.remove(notesDir, { recursive: true }));
afterAll(stop);

const STATE_DIR = "/project/.stack";
const facts = (port: number, stateDir = STATE_DIR) => ({
  url: `http://127.0.0.1:${port}`,
  databaseUrl: `postgresql://postgres:postgres@127.0.0.1:${port + 1}/postgres`,
  publishableKey: "publishable",
  secretKey: "secret",
  command: "npm run stack",
  stateDir,
});
const find = () => findStackOfFolder({ notesDir, stateDir: STATE_DIR });

/** Announces a stack from a process of its own, which lives until it is killed. */
async function announceElsewhere(port: number, stateDir = STATE_DIR): Promise<AsyncDisposable> {
  const module = new URL("running_stack.ts", import.meta.url);
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      `import { announceStack } from ${JSON.stringify(module.href)};
       await announceStack(${JSON.stringify(facts(port, stateDir))}, ${JSON.stringify(notesDir)});
       console.log("announced");
       setInterval(() => {}, 1000);`,
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  let killed = false;
  return {
    async [Symbol.asyncDispose]() {
      if (killed) return;
      killed = true;
      child.kill("SIGKILL");
      await child.status;
      await reader.cancel();
    },
  };
}

describe("the stack of a folder", () => {
  it("is found on any port while its process lives", async () => {
    expect(await find()).toBeUndefined();
    {
      await using _note = await announceStack(facts(6001), notesDir);
      expect(await find()).toMatchObject({ ...facts(6001), pid: Deno.pid });
    }
    expect(await find()).toBeUndefined();
    expect(await Array.fromAsync(Deno.readDir(notesDir))).toEqual([]);
  });

  it("is gone after its process was killed, and the next one removes what that left", async () => {
    const killed = await announceElsewhere(6002);
    expect(await find()).toMatchObject({ url: "http://127.0.0.1:6002" });
    await killed[Symbol.asyncDispose]();
    expect(await find()).toBeUndefined();
    expect(await Array.fromAsync(Deno.readDir(notesDir))).toHaveLength(2);
    await using _note = await announceStack(facts(6003), notesDir);
    const names = (await Array.fromAsync(Deno.readDir(notesDir))).map(({ name }) => name).toSorted();
    expect(names).toEqual([`${Deno.pid}.json`, `${Deno.pid}.lock`]);
  });

  it("is the one in the folder's own state folder when several run", async () => {
    await using _other = await announceElsewhere(6004, "/elsewhere");
    expect(await find()).toMatchObject({ url: "http://127.0.0.1:6004" });
    await using _own = await announceElsewhere(6005);
    expect(await find()).toMatchObject({ url: "http://127.0.0.1:6005" });
  });

  it("has to be named when several run and none is in the folder's own state folder", async () => {
    await using _one = await announceElsewhere(6006, "/elsewhere");
    await using _other = await announceElsewhere(6007, "/elsewhere/too");
    await expect(find()).rejects.toMatchObject({
      message: expect.stringMatching(/6006[^]*6007|6007[^]*6006/),
      remedy: expect.stringContaining("--url http://127.0.0.1:600"),
    });
  });

  it("is found by another user, unless the notes are closed to that user", async () => {
    if (Deno.uid() !== 0) return;
    await using _note = await announceStack(facts(6008), notesDir);
    // As one file where that user may read it, which a clone may not be.
    const module = `${notesDir}.mjs`;
    await build({
      entryPoints: [fileURLToPath(new URL("running_stack.ts", import.meta.url))],
      outfile: module,
      bundle: true,
      format: "esm",
      platform: "node",
      logLevel: "error",
    });
    await Deno.chmod(module, 0o644);
    const asNobody = async () => {
      const { stdout, stderr } = await new Deno.Command("setpriv", {
        args: [
          ...["--reuid", "65534", "--regid", "65534", "--clear-groups"],
          ...[Deno.execPath(), "eval"],
          `import { findStackOfFolder } from ${JSON.stringify(module)};
           const found = await findStackOfFolder({ notesDir: ${JSON.stringify(notesDir)} })
             .catch(({ message }) => ({ url: message }));
           console.log(found?.url);`,
        ],
      }).output();
      return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    };
    await Deno.chmod(notesDir, 0o755);
    for (const end of ["json", "lock"]) await Deno.chmod(`${notesDir}/${Deno.pid}.${end}`, 0o644);
    try {
      expect(await asNobody()).toContain("http://127.0.0.1:6008");
      await Deno.chmod(notesDir, 0o700);
      expect(await asNobody()).toContain("This user may not read");
    } finally {
      await Deno.remove(module);
    }
  });
});

describe("the stack at an address", () => {
  it("is one of this folder, whichever name of this machine is used", async () => {
    await using _note = await announceStack(facts(6009), notesDir);
    for (const host of ["127.0.0.1", "localhost"]) {
      expect(await findStackAt(`http://${host}:6009`, notesDir))
        .toMatchObject({ url: `http://${host}:6009`, databaseUrl: facts(6009).databaseUrl });
    }
    expect(await findStackAt("https://project.supabase.co", notesDir)).toBeUndefined();
  });

  it("is one of another folder, by its own answer", async () => {
    const about = { pid: 1, folder: "/another", databasePort: 7002 };
    await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => Response.json(about));
    const found = await findStackAt(`http://127.0.0.1:${server.addr.port}`, notesDir);
    expect(found?.databaseUrl).toContain(":7002/");
  });

  it("is none when another program answers, or nothing does", async () => {
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => Response.json({ pid: 1 }));
    const url = `http://127.0.0.1:${server.addr.port}`;
    expect(await findStackAt(url, notesDir)).toBeUndefined();
    await server.shutdown();
    expect(await findStackAt(url, notesDir)).toBeUndefined();
  });
});
