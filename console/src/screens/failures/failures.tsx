import { FAILURE_CODES } from "supabase-document-pipeline-client";
import { useState } from "preact/hooks";
import type { Functions } from "../../database.types.ts";
import { formatNumber } from "../../format.ts";
import { useOperator } from "../../operator.ts";
import { Badge } from "../../parts/badge.tsx";
import { MomentField } from "../../parts/moment_field.tsx";
import { shownName } from "../../parts/name.tsx";
import { Read } from "../../parts/notices.tsx";
import { Page } from "../../parts/page.tsx";
import { RedriveDialog } from "../../parts/redrive_dialog.tsx";
import { Time } from "../../parts/time.tsx";
import { TypedField } from "../../parts/typed_field.tsx";
import { UserField } from "../../parts/user_field.tsx";
import { hrefOf, setParams, useRoute } from "../../route.ts";
import { useMayAct } from "../../session_context.ts";
import { WaitingPanel } from "./waiting_panel.tsx";
import "./failures.css";

type Reason = Functions["failures"]["Returns"][number];
type Filter = Functions["failures"]["Args"];

/** What is about to be redriven. */
interface Choice {
  filter: Filter;
  reasons: Reason[];
}

/** The dead letter by reason, and its redrive. */
export default function Failures() {
  const { params } = useRoute();
  const value = (name: string) => params.get(name)?.trim() ?? "";
  const given = ["code", "user_id", "from", "until"].filter((name) => value(name) !== "");
  const filter: Filter = Object.fromEntries(given.map((name) => [`p_${name}`, value(name)]));
  const failures = useOperator("failures", filter);
  const mayAct = useMayAct();
  const [choice, setChoice] = useState<Choice>();
  const [isOpen, setOpen] = useState(false);
  const choose = (choice: Choice) => {
    setChoice(choice);
    setOpen(true);
  };
  const isFiltered = given.length > 0;
  return (
    <Page title="Dead letter">
      <form role="search" aria-label="Dead letter" class="filters" onSubmit={(event) => event.preventDefault()}>
        <TypedField
          label="Error code"
          value={value("code")}
          onValue={(code) => setParams({ code: code.toUpperCase() })}
          suggestions={{ id: "failure-codes", values: FAILURE_CODES }}
        />
        <UserField userId={value("user_id")} onUserId={(user_id) => setParams({ user_id })} />
        <MomentField label="Given up from" value={value("from")} onValue={(from) => setParams({ from })} />
        <MomentField label="Given up before" value={value("until")} onValue={(until) => setParams({ until })} />
        {isFiltered && <a class="button" href={hrefOf(["failures"])}>Clear</a>}
      </form>
      {!mayAct && (
        <p class="notice quiet" id="may-not-act">
          You may look at the dead letter. Only an operator can redrive documents.
        </p>
      )}
      <Read query={failures}>
        {(reasons) =>
          reasons.length === 0
            ? (
              <div class="panel empty">
                {isFiltered
                  ? "No document that was given up matches."
                  : "The dead letter is empty: no document was given up."}
              </div>
            )
            : (
              <>
                <div class="page-head">
                  <p role="status" class="muted">{sumText(reasons)}</p>
                  {reasons.length > 1 && (
                    <RedriveButton
                      text={isFiltered ? "Redrive all that match" : "Redrive all"}
                      onClick={() => choose({ filter, reasons })}
                    />
                  )}
                </div>
                <ul class="stack">
                  {reasons.map((reason) => (
                    <li key={reason.code}>
                      <ReasonPanel
                        reason={reason}
                        userId={value("user_id")}
                        redrive={() => choose({ filter: { ...filter, p_code: reason.code }, reasons: [reason] })}
                      />
                    </li>
                  ))}
                </ul>
              </>
            )}
      </Read>
      <WaitingPanel filter={filter} />
      {choice && (
        <RedriveDialog
          title={choice.reasons.length === 1 ? `Redrive ${choice.reasons[0].code}` : "Redrive the dead letter"}
          isOpen={isOpen}
          onClose={() => setOpen(false)}
          filter={choice.filter}
        >
          <p>Each document begins once more at the stage that failed, the oldest failure first.</p>
          <OwnersWarning reasons={choice.reasons} />
        </RedriveDialog>
      )}
    </Page>
  );
}

function RedriveButton({ text, onClick, label }: { text: string; onClick(): void; label?: string }) {
  const mayAct = useMayAct();
  return (
    <button
      type="button"
      disabled={!mayAct}
      aria-label={label}
      aria-describedby={mayAct ? undefined : "may-not-act"}
      onClick={onClick}
    >
      {text}
    </button>
  );
}

interface PanelProps {
  reason: Reason;
  userId: string;
  redrive(): void;
}

function ReasonPanel({ reason, userId, redrive }: PanelProps) {
  const { code, mended_by, remedy, document_count, user_count, oldest_at, newest_at, stages } = reason;
  return (
    <article class="panel reason" aria-label={code}>
      <div class="panel-head">
        <h2>
          <code>{code}</code>
        </h2>
        <div class="row">
          <Badge tone={mended_by === "operator" ? "warn" : "quiet"}>
            {mended_by === "operator" ? "an operator mends it" : "its owner mends it"}
          </Badge>
          <RedriveButton text="Redrive …" label={`Redrive ${code}`} onClick={redrive} />
        </div>
      </div>
      <p>
        <a href={hrefOf(["documents"], { state: "deadletter", code, user_id: userId })}>{documents(document_count)}</a>
        {" "}
        of {user_count === 1 ? "one user" : `${formatNumber(user_count)} users`}, given up at {stages.join(", ")}{" "}
        {document_count === 1 ? <Time at={oldest_at} /> : (
          <>
            between <Time at={oldest_at} /> and <Time at={newest_at} />
          </>
        )}.
      </p>
      <p>
        <b>To do:</b> {remedy}.
      </p>
      <p class="muted">
        For example{" "}
        <a href={hrefOf(["documents", reason.example_document_id])}>
          <code>{reason.example_document_id.slice(0, 8)}</code>
        </a>: {shownName(reason.example_message)}
      </p>
    </article>
  );
}

function OwnersWarning({ reasons }: { reasons: Reason[] }) {
  const owners = reasons.filter(({ mended_by }) => mended_by === "owner");
  if (owners.length === 0) return null;
  const count = owners.reduce((sum, { document_count }) => sum + document_count, 0);
  return (
    <p class="notice warn">
      {documents(count)} of these can only be mended by{" "}
      {count === 1 ? "its owner" : "their owners"}, and will probably fail again at this cost:{" "}
      {owners.map(({ code }) => code).join(", ")}.
    </p>
  );
}

function sumText(reasons: Reason[]): string {
  const sum = reasons.reduce((sum, { document_count }) => sum + document_count, 0);
  const of = reasons.length === 1 ? "one reason" : `${formatNumber(reasons.length)} reasons`;
  return `${documents(sum)} for ${of}, the most frequent first.`;
}

function documents(count: number): string {
  return count === 1 ? "1 document" : `${formatNumber(count)} documents`;
}
