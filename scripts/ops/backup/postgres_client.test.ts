import { afterAll, beforeAll, expect, test } from "vitest";
import { run } from "../../dev/command.ts";
import { findPostgresClient } from "./postgres_client.ts";

const PROGRAMS = ["pg_dump", "psql"] as const;
const machines = Deno.env.get("PATH")!;
let dir: string;

beforeAll(async () => {
  dir = await Deno.makeTempDir();
});

afterAll(async () => {
  Deno.env.set("PATH", machines);
  await Deno.remove(dir, { recursive: true });
});

test.each(["9.6.24", "18.1"])(
  "prefers the unpacked client when the machine's own client %s",
  async (version) => {
    for (const name of PROGRAMS) {
      await Deno.writeTextFile(
        `${dir}/${name}`,
        `#!/bin/sh\necho "${name} (PostgreSQL) ${version}"\n`,
        { mode: 0o755 },
      );
    }
    Deno.env.set("PATH", `${dir}:${machines}`);
    const client = await findPostgresClient();
    for (const name of PROGRAMS) {
      const [program, ...args] = client(name);
      expect(await run(program, [...args, "--version"])).toContain(
        `${name} (PostgreSQL) 17.`,
      );
    }
  },
  60_000,
);
