import { useEffect, useState } from "preact/hooks";
import { STATES } from "supabase-document-pipeline-client";
import { useTexts } from "../../language.ts";
import { Field } from "../../parts/field.tsx";
import { setParams } from "../../route.ts";
import { useUserTexts } from "../../user_texts.ts";
import { type Filters, SORTS } from "./filters.ts";
import { TEXTS } from "./texts.ts";

/** A name is asked for when the user pauses, in milliseconds. */
const PAUSE_MS = 250;

export function FilterBar({ filters: { q, state, sort } }: { filters: Filters }) {
  const t = useTexts(TEXTS).list;
  const texts = useUserTexts();
  const [name, setName] = useState(q);
  useEffect(() => setName(q), [q]);
  useEffect(() => {
    if (name === q) return;
    const timer = setTimeout(() => setParams({ q: name }), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [name]);
  return (
    <div class="filters files-filters" role="search">
      <Field label={t.name}>
        <input type="search" value={name} onInput={(event) => setName(event.currentTarget.value)} />
      </Field>
      <Field label={t.state}>
        <select value={state} onChange={(event) => setParams({ state: event.currentTarget.value })}>
          <option value="">{t.anyState}</option>
          {STATES.map((state) => <option key={state} value={state}>{texts.state(state)}</option>)}
        </select>
      </Field>
      <Field label={t.sort}>
        <select value={sort} onChange={(event) => setParams({ sort: event.currentTarget.value })}>
          {SORTS.map((sort) => <option key={sort} value={sort}>{t.sorts[sort]}</option>)}
        </select>
      </Field>
    </div>
  );
}
