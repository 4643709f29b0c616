import { relative } from "node:path";
import type { ChangePlan, PlannedWrite } from "./change_plan.ts";
import type { ProjectState } from "./project_state.ts";
import { MIGRATIONS } from "./project_state.ts";
import type { PipelineRelease } from "./pipeline_release.ts";
import { SECRETS, VAULT } from "./secrets_file.ts";

/** The plan, file by file; it has no secret. */
export function describePlan(plan: ChangePlan): string[] {
  const migrations = plan.writes.filter(({ path }) => path.startsWith(`${MIGRATIONS}/`));
  const others = plan.writes.filter((write) => !migrations.includes(write));
  return [
    ...migrations.map(describeWrite).flat(),
    ...others.flatMap(describeWrite),
    ...plan.removals.map((path) => `  remove  ${path}`),
  ];
}

function describeWrite({ does, path, text, lines = [], isSecret }: PlannedWrite): string[] {
  const size = isSecret ? "secret, ignored by git" : `${Math.ceil(text.length / 1024)} kB`;
  const verb = { add: "add", update: "update", insert: "edit", remove: "edit" }[does];
  const sign = does === "remove" ? "-" : "+";
  return [
    `  ${verb.padEnd(6)}  ${path}${lines.length > 0 ? "" : ` (${size})`}`,
    ...lines.map((line) => `          ${sign} ${line}`.trimEnd()),
  ];
}

/** Sentences about what stays as it is, and what the operator should know. */
export function describeRemarks({ kept, notes }: ChangePlan): string[] {
  return [
    ...kept.length > 0 ? ["", "Kept as the project has it:", ...kept.map((each) => `- ${each}`)] : [],
    ...notes.length > 0 ? ["", "Note:", ...notes.map((each) => `- ${each}`)] : [],
  ];
}

/** The commands that bring an addition to the project, in order. */
export function nextSteps(
  { shown }: Pick<ProjectState, "shown">,
  { functions }: PipelineRelease,
  { secrets, cwd }: { secrets: boolean; cwd: string },
): string[] {
  const names = functions.map(({ name }) => name).join(" ");
  return [
    "",
    "Next:",
    `  cd ${relative(cwd, shown) || "."}`,
    "  git add supabase && git diff --cached --stat",
    "  npx supabase db push",
    ...secrets
      ? [
        `  # enter LLAMAPARSE_API_KEY and OPENAI_API_KEY in ${SECRETS}`,
        `  npx supabase secrets set --env-file ${SECRETS}`,
        `  # enter the project's reference in ${VAULT}, if it lacks one`,
        `  npx supabase db query --linked --file ${VAULT}`,
      ]
      : [],
    `  npx supabase functions deploy ${names}`,
    "",
    "docs/deploying/existing-project.md explains each, and how to run the pipeline locally.",
  ];
}

/** What is lost with the pipeline. */
export function describeLosses(facts: { what: string; count?: number }[]): string[] {
  return [
    "",
    "The removal takes along:",
    ...facts.map(({ what, count }) => `- ${what}${count === undefined ? "" : `: ${count}`}`),
  ];
}

export function removalSteps(
  { shown }: Pick<ProjectState, "shown">,
  functions: string[],
  { unapplied, cwd }: { unapplied: boolean; cwd: string },
): string[] {
  const where = ["", "Next:", `  cd ${relative(cwd, shown) || "."}`];
  if (unapplied) return [...where, "  git status supabase"];
  return [
    ...where,
    ...functions.map((name) => `  npx supabase functions delete ${name}`),
    "  npx supabase storage rm --recursive ss:///files --linked --experimental",
    "  npx supabase db push",
    "  npx supabase secrets unset LLAMAPARSE_API_KEY OPENAI_API_KEY WEBHOOK_SIGNING_SECRET WORKER_SECRET",
  ];
}
