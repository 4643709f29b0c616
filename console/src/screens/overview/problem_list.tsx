import { useOperator } from "../../operator.ts";
import { Badge } from "../../parts/badge.tsx";
import { Read } from "../../parts/notices.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Time } from "../../parts/time.tsx";
import { remedyOf, toneOf } from "./problems.ts";

/** A message becomes overdue, and a schedule silent, without a move. */
const EVERY_MS = 10_000;

/** What is red, each with the screen that mends it. */
export function ProblemList() {
  const problems = useOperator("overview_problems", {}, { everyMs: EVERY_MS });
  return (
    <Panel title="What needs you">
      <Read query={problems}>
        {(problems) => (
          <>
            <p class="hidden" role="status">{problems.length} problems</p>
            {problems.length === 0
              ? <p class="notice good">Nothing is wrong: no alert, no open circuit, no pause, every schedule runs.</p>
              : (
                <ul class="problems">
                  {problems.map((problem) => {
                    const { href, text } = remedyOf(problem);
                    return (
                      <li
                        key={`${problem.kind} ${problem.subject} ${problem.since}`}
                        class={`notice ${toneOf(problem)}`}
                      >
                        <p>
                          <Badge tone={toneOf(problem)}>{problem.severity}</Badge> {problem.summary}{" "}
                          {problem.since && (
                            <small>
                              since <Time at={problem.since} />
                            </small>
                          )}
                        </p>
                        <a href={href} aria-label={`${text}: ${problem.summary}`}>{text}</a>
                      </li>
                    );
                  })}
                </ul>
              )}
          </>
        )}
      </Read>
    </Panel>
  );
}
