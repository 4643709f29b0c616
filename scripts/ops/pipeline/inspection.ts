import type postgres from "postgres";
import { type AddCommands, examples, type Session } from "./session.ts";
import { findDocument, readCount } from "./values.ts";

/** Operators' questions about one document. */
export const addInspectionCommands: AddCommands = (program, perform) => {
  program.command("history <id>")
    .description(
      "shows a document's history: events, submissions, callbacks, runs",
    )
    .addHelpText(
      "after",
      "\nThe id is a document's or its job's, an error reference, a request id, or LlamaParse's job id.\n" +
        examples(
          "history ce65772f-cdfa-50cf-aa0b-9c9b0f5a9d83",
          "history 5f0a… --json | jq .request_id",
        ),
    )
    .action(perform(history));

  program.command("why [id]")
    .description(
      "explains why a document is unfinished or incomplete, with a remedy; without an id, for all unfinished documents " +
        "that an operator or the pipeline can bring on",
    )
    .option("--all", "also those that their owners alone can mend, such as protected files")
    .option("--limit <count>", "maximum number", readCount(1, 10_000), 50)
    .addHelpText(
      "after",
      examples("why ce65772f-cdfa-50cf-aa0b-9c9b0f5a9d83", "why", "why --all"),
    )
    .action(perform(why));
};

interface Moment {
  at: Date;
  kind: string;
  what: string;
  stage: string | null;
  attempt: number | null;
  code: string | null;
  detail: string | null;
  request_id: string | null;
  run_id: string | null;
  id: string | null;
}

interface DocumentWarning {
  code: string;
  message: string;
  pages: number[];
  remedy: string;
  sentence: string;
}

async function warningsOf(
  sql: postgres.Sql,
  documentId: string,
): Promise<DocumentWarning[]> {
  return [
    ...await sql<DocumentWarning[]>`
    select code, message, pages, remedy, sentence from pipeline_monitoring.document_warnings
    where document_id = ${documentId} order by code`,
  ];
}

async function history({ target, report }: Session, id: string): Promise<void> {
  const sql = await target.database();
  const document = await findDocument(sql, id);
  const moments = await sql<Moment[]>`
    select * from pipeline_monitoring.document_history(${document.document_id})`;
  const warnings = await warningsOf(sql, document.document_id);
  const requests = new Set(
    moments.map(({ request_id }) => request_id).filter(Boolean),
  );

  report.answer({ ...document, warnings, moments }, (screen) => {
    screen.heading(
      `${document.filename}, document ${document.document_id}`,
    );
    screen.row("Job", `${document.job_id}, ${document.status}`);
    screen.row("User", document.user_id);
    for (const request of requests) screen.row("Request", `${request}`);
    for (const { code, message } of warnings) {
      screen.text(`${message} (${code})`);
    }
    screen.text("Log lines have the request's id as request_id.");
    screen.blank();
    let day = "";
    for (const moment of moments) {
      const time = moment.at.toISOString();
      if (time.slice(0, 10) !== day) {
        day = time.slice(0, 10);
        screen.text(`${day} (UTC)`);
      }
      screen.verbatim(lineOf(moment, time));
    }
  });
}

function lineOf(moment: Moment, time: string): string {
  const { kind, what, stage, attempt, code, detail, run_id } = moment;
  const particulars = [
    stage && (attempt ? `${stage}, attempt ${attempt}` : stage),
    code,
    detail && detail,
    run_id && `run ${run_id}`,
  ].filter(Boolean).join("; ");
  return `${time.slice(11, 23)}  ${kind.padEnd(10)}  ${what.padEnd(21)}  ${particulars}`.trimEnd();
}

interface Reason {
  document_id: string;
  job_id: string;
  reason: string;
  mended_by: "owner" | "operator" | "pipeline";
  sentence: string;
}

/** Why the latest reparse of a document failed, although the document stays complete. */
async function failureToRead(
  sql: postgres.Sql,
  { job_id }: { job_id: string },
): Promise<{ code: string; message: string; reference?: string } | null> {
  const [{ last_error }] = await sql`
    select last_error from upload_pipeline.upload_jobs where job_id = ${job_id}`;
  return last_error;
}

async function why(
  { target, report }: Session,
  id: string | undefined,
  { limit, all = false }: { limit: number; all?: boolean },
): Promise<void> {
  const sql = await target.database();
  if (id !== undefined) {
    const document = await findDocument(sql, id);
    const [reason] = await sql<Reason[]>`
      select * from pipeline_monitoring.unfinished_documents
      where document_id = ${document.document_id}`;
    const sentence = reason?.sentence ??
      `${document.filename} is finished: it is ${document.status}.`;
    const warnings = await warningsOf(sql, document.document_id);
    const unread = reason ? null : await failureToRead(sql, document);
    report.answer(
      {
        ...document,
        ...reason,
        sentence,
        warnings,
        ...unread && { last_error: unread },
      },
      (screen) => {
        screen.text(sentence);
        if (unread) {
          const { code, message } = unread;
          screen.text(
            `Parsing it again failed: ${message} (${code}).`,
          );
        }
        for (const warning of warnings) {
          screen.blank();
          screen.text(warning.sentence);
        }
      },
    );
    return;
  }

  const reasons = await sql<Reason[]>`
    select * from pipeline_monitoring.unfinished_documents
    where ${all} or mended_by <> 'owner'
    order by array_position(array['operator', 'pipeline', 'owner'], mended_by), reason, next_step_at nulls last,
             document_id
    limit ${limit}`;
  const [{ count, owners_count }] = await sql<{ count: number; owners_count: number }[]>`
    select count(*) filter (where ${all} or mended_by <> 'owner') as count,
           count(*) filter (where mended_by = 'owner') as owners_count
    from pipeline_monitoring.unfinished_documents`;
  report.answer({ documents: reasons, total: count, owners_total: owners_count }, (screen) => {
    for (const { document_id, sentence } of reasons) {
      screen.verbatim(document_id);
      screen.text(sentence);
      screen.blank();
    }
    if (count === 0) {
      screen.text(owners_count > 0 ? "Nothing to do for an operator." : "Every document is finished.");
    }
    if (count > reasons.length) {
      screen.text(`${count - reasons.length} more: --limit shows them.`);
    }
    if (owners_count > 0 && !all) {
      screen.text(
        `${owners_count} more can only be mended by their owners, who see why in their status: --all shows them.`,
      );
    }
  });
}
