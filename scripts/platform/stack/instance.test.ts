import { afterEach, beforeEach, expect, it } from "vitest";
import { claimInstance } from "./instance.ts";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";

let stateDir: string;

beforeEach(async () => {
  stateDir = await Deno.makeTempDir({ prefix: "instance-test-" });
});

afterEach(async () => {
  await Deno.remove(stateDir, { recursive: true });
});

it("refuses a second instance and names the first one's process, address and how to stop it", async () => {
  const first = await claimInstance(stateDir);
  await first.announce("http://127.0.0.1:54321");
  const refusal = await claimInstance(stateDir).catch((error) => error);
  expect(refusal).toBeInstanceOf(ErrorWithRemedy);
  expect(refusal.message).toContain(`pid ${Deno.pid}`);
  expect(refusal.message).toContain("http://127.0.0.1:54321");
  expect(refusal.remedy).toContain(`kill ${Deno.pid}`);
  first.release();
});

it("accepts the next instance after a release, which may be repeated", async () => {
  const first = await claimInstance(stateDir);
  first.release();
  const second = await claimInstance(stateDir);
  first.release();
  await expect(claimInstance(stateDir)).rejects.toThrow("already running");
  second.release();
});

it("accepts instances with different folders", async () => {
  const first = await claimInstance(`${stateDir}/a`);
  const second = await claimInstance(`${stateDir}/b`);
  first.release();
  second.release();
});

it("takes over from an instance that was killed", async () => {
  const script = `${stateDir}/holder.ts`;
  const module = new URL("./instance.ts", import.meta.url).href;
  await Deno.writeTextFile(
    script,
    `import { claimInstance } from ${JSON.stringify(module)};
    await claimInstance(${JSON.stringify(stateDir)});
    console.log("claimed");
    setInterval(() => {}, 1000);`,
  );
  const holder = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", script],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = holder.stdout.getReader();
  await reader.read();
  await expect(claimInstance(stateDir)).rejects.toThrow(`pid ${holder.pid}`);

  holder.kill("SIGKILL");
  await holder.status;
  await reader.cancel();
  const next = await claimInstance(stateDir);
  next.release();
});
