/** A line that opens or may close fenced code, by CommonMark; also with deeper indentation, as within lists. */
const FENCE = /^\s*(?:>\s?)?(`{3,}|~{3,})([^\n]*)$/;

interface Fence {
  /** Its run of backticks or tildes. */
  marker: string;
  /** The text that follows, such as `sh`; "" on a closing line. */
  info: string;
}

/** The fence on this line, if there is one. */
export function fenceOn(line: string): Fence | undefined {
  // Most lines have none, and this test is cheaper than a pattern.
  if (!line.includes("```") && !line.includes("~~~")) return undefined;
  const found = FENCE.exec(line);
  if (!found) return undefined;
  const [, marker, rest] = found;
  const info = rest.trim();
  if (marker[0] === "`" && info.includes("`")) return undefined;
  return { marker, info };
}

/** Whether a fence closes the one that is open. */
export function closes(fence: Fence, open: Fence): boolean {
  return fence.info === "" && fence.marker[0] === open.marker[0] &&
    fence.marker.length >= open.marker.length;
}

/** For each line, whether it belongs to fenced code, fences included; and the fence that the last line leaves open. */
export function fencedLines(
  lines: string[],
): { fenced: boolean[]; open: Fence | undefined; openedAt: number } {
  let open: Fence | undefined;
  let openedAt = -1;
  const fenced = lines.map((line, i) => {
    const fence = fenceOn(line);
    if (open) {
      if (fence && closes(fence, open)) open = undefined;
      return true;
    }
    if (fence) {
      open = fence;
      openedAt = i;
    }
    return fence !== undefined;
  });
  return { fenced, open, openedAt };
}

/**
 * Rewrites text outside fenced code and, line by line, outside of code spans.
 */
export function rewriteProse(
  text: string,
  rewrite: (prose: string) => string,
): string {
  const lines = text.split("\n");
  const { fenced } = fencedLines(lines);
  const parts: string[] = [];
  for (let from = 0; from < lines.length;) {
    let to = from + 1;
    while (to < lines.length && fenced[to] === fenced[from]) to++;
    const part = lines.slice(from, to).join("\n");
    parts.push(fenced[from] ? part : outsideSpans(part, rewrite));
    from = to;
  }
  return parts.join("\n");
}

/** A code span ends at a run of as many backticks as began it, within the paragraph. */
function outsideSpans(
  text: string,
  rewrite: (prose: string) => string,
): string {
  if (!text.includes("`")) return rewrite(text);
  const runs = [...text.matchAll(/`+|\n\s*\n/g)];
  // From the end: for each length, the next run in the same paragraph.
  const next: (number | undefined)[] = [];
  let ahead = new Map<number, number>();
  for (let i = runs.length - 1; i >= 0; i--) {
    const [run] = runs[i];
    if (run[0] !== "`") ahead = new Map();
    else {
      next[i] = ahead.get(run.length);
      ahead.set(run.length, i);
    }
  }
  let written = "";
  let from = 0;
  for (let i = 0; i < runs.length; i++) {
    const close = next[i];
    if (close === undefined) continue;
    const end = runs[close].index + runs[close][0].length;
    written += rewrite(text.slice(from, runs[i].index)) +
      text.slice(runs[i].index, end);
    from = end;
    i = close;
  }
  return written + rewrite(text.slice(from));
}
