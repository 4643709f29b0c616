import type { ComponentChildren } from "preact";
import { useTexts } from "../language.ts";

const TEXTS = {
  en: { loading: "Loading …", retry: "Try again" },
  de: { loading: "Wird geladen …", retry: "Nochmals" },
};

export function Loading() {
  return <p class="loading" role="status">{useTexts(TEXTS).loading}</p>;
}

/** There is nothing to show: says so, and what the user can do. */
export function Empty({ children }: { children: ComponentChildren }) {
  return <div class="empty">{children}</div>;
}

interface ErrorProps {
  /** Nothing is shown without one. */
  error: unknown;
  /** A sentence for it; by default its own message. */
  text?: string;
  retry?(): void;
}

export function ErrorNotice({ error, text, retry }: ErrorProps) {
  const t = useTexts(TEXTS);
  return (
    <div role="alert">
      {error != null && (
        <div class="notice bad">
          <p>{text ?? (error instanceof Error ? error.message : String(error))}</p>
          {retry && <button type="button" onClick={retry}>{t.retry}</button>}
        </div>
      )}
    </div>
  );
}

interface ReadProps<Data> {
  query: { data: Data | undefined; error: unknown; refetch(): unknown };
  children(data: Data): ComponentChildren;
}

/** The answer of a query, or that it loads or failed. A failure is shown above the answer that came before it. */
export function Read<Data>({ query: { data, error, refetch }, children }: ReadProps<Data>) {
  return (
    <>
      {error != null && <ErrorNotice error={error} retry={() => void refetch()} />}
      {data !== undefined ? children(data) : error == null && <Loading />}
    </>
  );
}
