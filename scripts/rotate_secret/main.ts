import { Command, InvalidArgumentError } from "commander";
import postgres from "postgres";
import { setFunctionSecret } from "./function_secrets.ts";
import { localProject } from "./local_stack.ts";
import {
  ROTATABLE,
  type RotatableName,
  rotateSecret,
  RotationError,
} from "./rotate.ts";

const LOCAL_URL = "http://127.0.0.1:54321";

interface Options {
  projectRef?: string;
  local?: true | string;
  overlap?: number;
}

/** `npm run rotate-secret`: replaces a secret that the functions share with the database or with LlamaParse. */
async function main(args: string[]): Promise<number> {
  const names = Object.keys(ROTATABLE);
  const program = new Command("npm run rotate-secret --")
    .description(
      "Replaces a secret of the functions; old and new are both valid meanwhile, and no work is lost.",
    )
    .argument("<name>", names.join(" or "), (name) => {
      if (names.includes(name)) return name;
      throw new InvalidArgumentError(`The secrets are ${names.join(", ")}.`);
    })
    .option("--project-ref <ref>", "the project; DATABASE_URL is its database")
    .option("--local [url]", `the local stack, at ${LOCAL_URL} by default`)
    .option("--overlap <seconds>", "how long both are valid", seconds)
    .parse(args, { from: "user" });
  const options = program.opts<Options>();
  try {
    await rotate(program.args[0] as RotatableName, options);
    return 0;
  } catch (error) {
    if (!(error instanceof RotationError)) throw error;
    console.error(error.message);
    return 1;
  }
}

async function rotate(name: RotatableName, options: Options): Promise<void> {
  await using cleanup = new AsyncDisposableStack();
  const { project, databaseUrl } = await target(options, cleanup);
  const sql = postgres(databaseUrl, { max: 1, onnotice() {} });
  cleanup.defer(() => sql.end());
  await rotateSecret(name, {
    sql,
    setSecret: (...secret) => setFunctionSecret(project, ...secret),
    current: Deno.env.get(name),
    overlapSeconds: options.overlap,
    onProgress: (step) => console.log(`${step}.`),
  });
}

async function target(
  { projectRef, local }: Options,
  cleanup: AsyncDisposableStack,
) {
  if (local) {
    const found = await localProject(local === true ? LOCAL_URL : local);
    cleanup.defer(() => Deno.remove(found.project.profile));
    return found;
  }
  const databaseUrl = Deno.env.get("DATABASE_URL");
  if (!projectRef || !databaseUrl) {
    throw new RotationError(
      "Say which project: --project-ref and the environment variable DATABASE_URL, or --local.",
    );
  }
  return { project: { ref: projectRef }, databaseUrl };
}

function seconds(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value >= 0 && text.trim() !== "") return value;
  throw new InvalidArgumentError("It must be a number of seconds.");
}

Deno.exit(await main(Deno.args));
