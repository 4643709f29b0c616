import { InvalidArgumentError } from "commander";
import {
  type Project,
  setFunctionSecret,
} from "../rotate_secret/function_secrets.ts";
import { localProject } from "../rotate_secret/local_stack.ts";
import {
  ROTATABLE,
  type RotatableName,
  rotateSecret,
} from "../rotate_secret/rotate.ts";
import { type AddCommands, examples, type Session } from "./session.ts";
import type { Target } from "./target.ts";
import { UsageError } from "../../dev/error_with_remedy.ts";

const NAMES = Object.keys(ROTATABLE) as RotatableName[];

/** What the functions share with the database, with LlamaParse and with Prometheus. */
export const addSecretCommands: AddCommands = (program, perform) => {
  program.command("rotate-secret <name>")
    .description(
      `replace a secret of the functions without a gap: ${NAMES.join(", ")}`,
    )
    .option(
      "--project-ref <ref>",
      "the project; the Supabase CLI must be logged in, or have SUPABASE_ACCESS_TOKEN",
    )
    .option(
      "--overlap <seconds>",
      "how long the old value and the new one are both valid",
      readSeconds,
    )
    .addHelpText(
      "after",
      "\nWhere Vault does not know the value in force, an environment variable of the secret's name has to tell it.\n" +
        "It may be broken off and started again at any time: a value that is in use stays valid until then.\n" +
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

/** The two that a rotation changes must be one pipeline's: the functions of a project, and its database. */
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
    ref
      ? `Nobody says where the database of ${ref} is.`
      : "Nobody says whose functions have the secret.",
    "A project is named with --project-ref and --database-url, both; without either, the local stack is meant.",
  );
}

function readName(secret: string): RotatableName {
  const known = NAMES.find((name) => name === secret);
  if (known) return known;
  throw new UsageError(
    `There is no secret ${secret} that could be rotated.`,
    `They are ${NAMES.join(", ")}.`,
  );
}

function readSeconds(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value >= 0 && text.trim() !== "") return value;
  throw new InvalidArgumentError("It must be a number of seconds.");
}
