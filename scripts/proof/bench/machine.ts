import type postgres from "postgres";
import { functionsDeno } from "../../platform/stack/hosted_versions.ts";
import manifest from "../../../package.json" with { type: "json" };

/** What the numbers depend on apart from the code. It does not identify the machine or its owner. */
export interface Environment {
  date: string;
  processor: string;
  cores: number;
  memoryGb: number;
  system: string;
  /** The load average of the minute before, from other work on the machine. */
  loadBefore: number;
  versions: Record<string, string>;
}

export async function describeEnvironment(
  sql: postgres.Sql,
): Promise<Environment> {
  const [{ version }] = await sql<{ version: string }[]>`
    select current_setting('server_version') as version`;
  const extensions = await sql<{ extname: string; extversion: string }[]>`
    select extname, extversion from pg_extension
    where extname in ('vector', 'pgmq', 'pg_net', 'pg_cron') order by extname`;
  const packages: Record<string, string> = {
    ...manifest.dependencies,
    ...manifest.devDependencies,
  };
  return {
    date: new Date().toISOString().slice(0, 10),
    processor: await processorModel(),
    cores: navigator.hardwareConcurrency,
    memoryGb: Math.round(Deno.systemMemoryInfo().total / 2 ** 30),
    system: `${await systemName()}, kernel ${Deno.osRelease()}`,
    loadBefore: Deno.loadavg()[0],
    versions: {
      PostgreSQL: version.split(" ")[0],
      ...Object.fromEntries(
        extensions.map(({ extname, extversion }) => [extname, extversion]),
      ),
      Deno: Deno.version.deno,
      "functions on Deno": functionsDeno().version,
      ...Object.fromEntries(
        ["pg-boss", "graphile-worker", "pg", "postgres", "hono"]
          .map((name) => [name, packages[name]]),
      ),
    },
  };
}

async function processorModel(): Promise<string> {
  const text = await readIfThere("/proc/cpuinfo");
  return /^model name\s*:\s*(.+)$/m.exec(text)?.[1] ?? Deno.build.arch;
}

async function systemName(): Promise<string> {
  const text = await readIfThere("/etc/os-release");
  return /^PRETTY_NAME="?([^"\n]+)"?$/m.exec(text)?.[1] ?? Deno.build.os;
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
