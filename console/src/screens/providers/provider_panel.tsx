import { useState } from "preact/hooks";
import { formatNumber, formatSeconds } from "../../format.ts";
import { useAct } from "../../operator.ts";
import { Badge, type Tone } from "../../parts/badge.tsx";
import { Bar } from "../../parts/bar.tsx";
import { ErrorNotice } from "../../parts/notices.tsx";
import { Numbers } from "../../parts/numbers.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Time } from "../../parts/time.tsx";
import { hrefOf } from "../../route.ts";
import { ChangeSettings } from "../../settings/change_settings.tsx";
import type { Setting } from "../../settings/setting.ts";
import { useNow } from "../../use_now.ts";
import { type Bucket, levelAt, secondsToFull } from "./bucket.ts";
import { type Outcome, outcomeOf, type Probe, type Provider } from "./probe.ts";

const CIRCUITS: Record<string, Tone> = { closed: "good", "half-open": "warn", open: "bad" };
const OUTCOMES: Record<Outcome["word"], Tone> = {
  "under way": "busy",
  succeeded: "good",
  failed: "bad",
  "not sent": "warn",
};
/** What opened the circuit, for people. */
const FAULTS: Record<string, string> = {
  throttled: "it asks for fewer requests",
  exhausted: "the account's credit is used up",
  transient: "five failures in a row",
};

interface Props {
  provider: Provider;
  mayAct: boolean;
  settings: Setting[];
}

export function ProviderPanel({ provider, mayAct, settings }: Props) {
  const [isOpen, setOpen] = useState(false);
  const [probe, setProbe] = useState<Probe>();
  const act = useAct("probe_provider");
  const now = useNow(1_000);
  const isClosed = provider.circuit === "closed";
  const outcome = probe && outcomeOf(probe, provider, now);
  const send = () =>
    act.mutate({ p_provider: provider.provider }, {
      onSuccess: (madeDue) => setProbe({ askedAt: Date.now(), failureCount: provider.failure_count, madeDue }),
    });
  const actions = (
    <>
      <Badge tone={CIRCUITS[provider.circuit] ?? "quiet"}>circuit {provider.circuit}</Badge>
      {mayAct && (
        <>
          <button type="button" disabled={settings.length === 0} onClick={() => setOpen(true)}>Rates …</button>
          <button
            type="button"
            class={isClosed ? undefined : "main"}
            disabled={isClosed || act.isPending || outcome?.word === "under way"}
            onClick={send}
          >
            Probe now
          </button>
        </>
      )}
    </>
  );
  return (
    <Panel title={provider.provider} actions={actions}>
      {!isClosed && <Circuit provider={provider} />}
      <div role="status">
        {outcome && (
          <p class={`notice ${OUTCOMES[outcome.word]}`}>
            <span>
              <b>Probe {outcome.word}.</b> {outcome.text}
              {outcome.word === "under way" && probe.madeDue > 0 &&
                ` ${probe.madeDue} job${probe.madeDue === 1 ? " is" : "s are"} due.`}
            </span>
          </p>
        )}
      </div>
      <ErrorNotice error={act.error} />
      <div class="buckets">
        <BucketLevel
          name="Requests"
          now={now}
          bucket={{
            level: provider.request_level,
            burst: provider.request_burst,
            perMinute: provider.requests_per_minute,
            readAt: Date.parse(provider.read_at),
          }}
        />
        <BucketLevel
          name="Tokens"
          now={now}
          bucket={{
            level: provider.token_level,
            burst: provider.token_burst,
            perMinute: provider.tokens_per_minute,
            readAt: Date.parse(provider.read_at),
          }}
        />
      </div>
      <Numbers
        items={[
          { label: "Jobs due", value: formatNumber(provider.due_count) },
          {
            label: "Jobs postponed",
            value: formatNumber(provider.postponed_count),
            note: "a retry, a poll, or until the provider is back",
          },
          { label: "Failures in a row", value: formatNumber(provider.failure_count) },
          {
            label: "Called by",
            value: <a href={hrefOf(["stages"])}>{provider.stages.join(", ") || "no stage"}</a>,
            note: provider.paused_stages.length > 0 ? `paused: ${provider.paused_stages.join(", ")}` : undefined,
          },
        ]}
      />
      <ChangeSettings
        title={`Rates of ${provider.provider}`}
        table="providers"
        settings={settings}
        isOpen={isOpen}
        onClose={() => setOpen(false)}
      />
    </Panel>
  );
}

function Circuit({ provider: { opened_at, probe_at, fault, code, message, circuit } }: { provider: Provider }) {
  return (
    <div class={`notice ${CIRCUITS[circuit] ?? "quiet"}`}>
      <p>
        {message} <code>{code}</code>
      </p>
      <dl class="facts">
        <dt>Open since</dt>
        <dd>
          <Time at={opened_at} />
          {fault !== null && `: ${FAULTS[fault] ?? fault}`}
        </dd>
        <dt>Next probe</dt>
        <dd>{circuit === "half-open" ? "due now" : <Time at={probe_at} />}</dd>
      </dl>
    </div>
  );
}

function BucketLevel({ name, bucket, now }: { name: string; bucket: Bucket; now: number }) {
  const level = levelAt(bucket, now);
  const share = level / bucket.burst;
  const tone: Tone = share <= 0 ? "bad" : share < 0.2 ? "warn" : "good";
  const toFull = secondsToFull(bucket, now);
  return (
    <section class="bucket" aria-label={name}>
      <p>
        <b>{name}</b>
        <span class="muted">{formatNumber(bucket.perMinute, 3)} a minute, burst {formatNumber(bucket.burst, 3)}</span>
      </p>
      <Bar label={name} of={bucket.burst} segments={[{ label: "left", value: Math.max(0, Math.round(level)), tone }]} />
      <p>
        <span>{formatNumber(level)} left</span>
        <span class="muted">
          {level < 0 ? "in debt, " : ""}
          {toFull < 1 ? "full" : `full in ${formatSeconds(Math.round(toFull))}`}
        </span>
      </p>
    </section>
  );
}
