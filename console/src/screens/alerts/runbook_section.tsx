import { Prose } from "../../parts/prose.tsx";
import { SECTIONS } from "./runbook.ts";

/** The runbook's section of a rule. Loaded with the first one that is shown. */
export default function RunbookSection({ rule }: { rule: string }) {
  // A rule that an operator has added has none, nor does an address that names one have to exist.
  if (!Object.hasOwn(SECTIONS, rule)) return <p class="muted">The runbook has no section about this rule.</p>;
  return <Prose blocks={SECTIONS[rule]} />;
}
