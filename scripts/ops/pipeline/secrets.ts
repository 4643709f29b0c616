import { InvalidArgumentError } from "commander";
import { type Project, setFunctionSecret } from "../rotate_secret/function_secrets.ts";
import { localProject } from "../rotate_secret/local_stack.ts";
import { ROTATABLE, type RotatableName, rotateSecret } from "../rotate_secret/rotate.ts";
import { type AddCommands, examples, type Session } from "./session.ts";
import type { Target } from "./target.ts";
import { UsageError } from "../../dev/error_with_remedy.ts";

const NAMES = Object.keys(ROTATABLE) as RotatableName[];

/** Secrets that the functions share with the database, LlamaParse or Prometheus. */
export const addSecretCommands: AddCommands = (program, perform) => {
  program.command("rotate-secret <name>")
    .description(
      `replaces a secret of the functions without downtime: ${NAMES.join(", ")}`,
    )
    .option(
      "--project-ref <ref>",
      "the project; needs a Supabase CLI login or SUPABASE_ACCESS_TOKEN",
    )
    .option(
      "--overlap <seconds>",
      "seconds during which both values are valid",
      readSeconds,
    )
    .addHelpText(
      "after",
      "\nIf Vault lacks the current value, set an environment variable with the secret's name.\n" +
        "An interrupted rotation can be restarted at any time: a value in use stays valid until then.\n" +
        examples(
          "rotate-secret WORKER_SECRET",
          "rotate-secret WORKER_SECRET --project-ref abcdefghijklmnopqrst --database-url postgres://…",
        ),
    )
    .action(perform(rotate));
};

async function rotate(
  { target, report }: Session,
  secret: string,
  { projectRef, overlap }: { projectRef?: string; overlap?: number },
): Promise<void> {
  const name = readName(secret);
  await using cleanup = new AsyncDisposableStack();
  const project = await projectOf(target, projectRef, cleanup);
  await rotateSecret(name, {
    sql: await target.database(),
    setSecret: (...secret) => setFunctionSecret(project, ...secret),
    current: Deno.env.get(name),
    overlapSeconds: overlap,
    onProgress: (step) => report.remark(`${step}.`),
  });
  report.answer(
    { secret: name, rotated: true },
    (screen) => screen.text(`${name} is another.`),
  );
}

/** The rotated secret belongs to a project's functions and to its database: both are named, or neither. */
async function projectOf(
  target: Target,
  ref: string | undefined,
  cleanup: AsyncDisposableStack,
): Promise<Project> {
  const local = await target.localUrl();
  if (local && !ref) {
    const project = await localProject(local);
    cleanup.defer(() => Deno.remove(project.profile));
    return project;
  }
  if (ref && !local) return { ref };
  throw new UsageError(
    ref ? `Unknown database of ${ref}.` : "Unknown project of the functions.",
    "Give both --project-ref and --database-url; without them the local stack is used.",
  );
}

function readName(secret: string): RotatableName {
  const known = NAMES.find((name) => name === secret);
  if (known) return known;
  throw new UsageError(
    `Unknown secret: ${secret}.`,
    `They are ${NAMES.join(", ")}.`,
  );
}

function readSeconds(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value >= 0 && text.trim() !== "") return value;
  throw new InvalidArgumentError("Use a number of seconds.");
}
