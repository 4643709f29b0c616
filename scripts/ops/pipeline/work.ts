import { Option } from "commander";
import { STAGES } from "../../../supabase/functions/_stages/index.ts";
import { formatCents, right, showTable } from "./report.ts";
import { type AddCommands, examples, type Session } from "./session.ts";
import { findDocument, findUser, readTime } from "./values.ts";
import { ErrorWithRemedy, UsageError } from "../../dev/error_with_remedy.ts";

/** Operators' commands for work that waits or was given up. */
export const addWorkCommands: AddCommands = (program, perform) => {
  program.command("retry <id...>")
    .description(
      "retries documents that wait for their next attempt or were given up",
    )
    .addHelpText(
      "after",
      examples("retry ce65772f-cdfa-50cf-aa0b-9c9b0f5a9d83"),
    )
    .action(perform(retry));

  program.command("redrive")
    .description(
      "redrives documents that were given up, by error code, user and time",
    )
    .option("--code <code>", "only this error code")
    .option("--user <user>", "only this user: an id or an e-mail address")
    .option(
      "--from <time>",
      "given up since this time: 2026-11-01, 12h",
      readTime,
    )
    .option("--until <time>", "given up before this time", readTime)
    .option("--all", "all of them; required without another filter")
    .option("--dry-run", "only shows their number and expected cost")
    .addHelpText(
      "after",
      examples(
        "redrive --code PARSE_TIMEOUT --from 12h --dry-run",
        "redrive --code PARSE_TIMEOUT --from 12h",
      ),
    )
    .action(perform(redrive));

  program.command("pause <stage>")
    .description(
      `pauses a stage: ${STAGES.join(", ")}; running attempts finish`,
    )
    .addOption(
      new Option("--reason <reason>", "shown to operators and in status")
        .makeOptionMandatory(),
    )
    .addHelpText(
      "after",
      examples('pause embed --reason "the account is being moved"'),
    )
    .action(perform(pause));

  program.command("resume <stage>")
    .description("resumes a paused stage")
    .addHelpText("after", examples("resume embed"))
    .action(perform(resume));
};

const OUTCOMES: Record<string, string> = {
  retried: "is retried now",
  not_retryable: "was skipped: it is running, waits for another reason, or is done",
};

async function retry(
  { target, report }: Session,
  ids: string[],
): Promise<void> {
  const sql = await target.database();
  const documents = [];
  for (const id of ids) documents.push(await findDocument(sql, id));
  let refused = 0;
  for (const { document_id, job_id, user_id, filename } of documents) {
    const [{ outcome }] = await sql<{ outcome: string }[]>`
      select outcome from pipeline_internal.retry_job(${user_id}, ${job_id})`;
    if (outcome !== "retried") refused++;
    report.answer(
      { document_id, job_id, outcome },
      (screen) => screen.text(`${filename} ${OUTCOMES[outcome] ?? outcome}.`),
    );
  }
  if (refused > 0) {
    throw new ErrorWithRemedy(
      `${refused} of ${documents.length} could not be retried.`,
      "npm run pipeline -- why ID shows the reason of each.",
      { code: "not_retryable" },
    );
  }
}

interface RedriveOptions {
  code?: string;
  user?: string;
  from?: Date;
  until?: Date;
  all?: boolean;
  dryRun?: boolean;
}

async function redrive(
  { target, report }: Session,
  { code, user, from, until, all, dryRun = false }: RedriveOptions,
): Promise<void> {
  if (!all && !code && !user && !from && !until) {
    throw new UsageError(
      "No filter is given.",
      "Choose with --code, --user, --from or --until, or say --all.",
    );
  }
  const sql = await target.database();
  const userId = user && (await findUser(sql, user)).user_id;
  const [sum] = await sql`
    select * from pipeline_internal.redrive_all(
      p_code => ${code ?? null}, p_user_id => ${userId ?? null}, p_from => ${from ?? null},
      p_until => ${until ?? null}, p_dry_run => ${dryRun})`;
  report.answer({ ...sum, dry_run: dryRun }, (screen) => {
    showTable(
      screen,
      ["", right("")],
      [
        ["documents that were given up", sum.job_count],
        ["pages to parse again", sum.page_count],
        [
          "documents with an unknown number of pages",
          sum.jobs_of_unknown_length,
        ],
        ["tokens to embed", sum.token_count],
        ["expected cost", formatCents(sum.cost_cents)],
        ["redriven", dryRun ? "none: a dry run" : sum.redriven_count],
      ],
      "",
    );
  });
}

async function pause(
  { target, report }: Session,
  stage: string,
  { reason }: { reason: string },
): Promise<void> {
  const name = readStage(stage);
  if (reason.trim() === "") {
    throw new UsageError(
      "The reason is empty.",
      "Give a reason for the pause.",
    );
  }
  const sql = await target.database();
  await sql`select pipeline_internal.pause_stage(${name}, ${reason})`;
  report.answer(
    { stage: name, paused: true, reason },
    (screen) =>
      screen.text(
        `${name} is paused. Resume it with npm run pipeline -- resume ${name}.`,
      ),
  );
}

async function resume(
  { target, report }: Session,
  stage: string,
): Promise<void> {
  const name = readStage(stage);
  const sql = await target.database();
  const [{ resumed }] = await sql<{ resumed: boolean }[]>`
    select pipeline_internal.resume_stage(${name}) as resumed`;
  if (!resumed) {
    throw new ErrorWithRemedy(
      `${name} is not paused.`,
      "npm run pipeline -- watch shows the stages.",
      { code: "not_paused" },
    );
  }
  report.answer(
    { stage: name, paused: false },
    (screen) => screen.text(`${name} continues.`),
  );
}

function readStage(stage: string): string {
  const known = STAGES.find((each) => each === stage);
  if (known) return known;
  throw new UsageError(
    `Unknown stage: ${stage}.`,
    `Stages: ${STAGES.join(", ")}.`,
  );
}
