import { useEffect, useRef, useState } from "preact/hooks";
import { useErrorText } from "../../auth_errors.ts";
import { formatNumber } from "../../format.ts";
import { useTexts } from "../../language.ts";
import { ErrorNotice } from "../../parts/notices.tsx";
import { Panel } from "../../parts/panel.tsx";
import { toast } from "../../parts/toasts.tsx";
import { pipeline } from "../../pipeline.ts";
import { TEXTS } from "./texts.ts";

/** Exports everything into a file. */
export function DataPanel() {
  const t = useTexts(TEXTS);
  const errorText = useErrorText();
  const [lines, setLines] = useState<number>();
  const [error, setError] = useState<unknown>();
  const running = useRef<AbortController>();
  useEffect(() => () => running.current?.abort(), []);
  const start = async () => {
    const { signal } = running.current = new AbortController();
    setError(undefined);
    setLines(0);
    try {
      saveFile(await exportedFile(signal, setLines), "export.ndjson");
      toast(t.exported);
    } catch (error) {
      if (!signal.aborted) setError(error);
    } finally {
      setLines(undefined);
    }
  };
  return (
    <Panel title={t.data}>
      <p>{t.exportAbout}</p>
      <div class="actions">
        <button type="button" disabled={lines !== undefined} onClick={() => void start()}>{t.export}</button>
        {lines !== undefined && (
          <>
            <span>{t.exporting(formatNumber(lines))}</span>
            <button type="button" class="link" onClick={() => running.current?.abort()}>{t.cancel}</button>
          </>
        )}
      </div>
      <ErrorNotice error={error} text={error === undefined ? undefined : errorText(error)} />
    </Panel>
  );
}

/** All lines of the export. Parts are given to the browser as they come, which may keep them on disk. */
async function exportedFile(signal: AbortSignal, onLines: (count: number) => void): Promise<Blob> {
  const parts: Blob[] = [];
  let text = "";
  let count = 0;
  for await (const line of pipeline().account.exportData({ signal })) {
    signal.throwIfAborted();
    text += `${JSON.stringify(line)}\n`;
    if (++count % 500 === 0) {
      parts.push(new Blob([text]));
      text = "";
      onLines(count);
    }
  }
  return new Blob([...parts, text], { type: "application/x-ndjson" });
}

function saveFile(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  const link = Object.assign(document.createElement("a"), { href: url, download: name });
  link.click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
