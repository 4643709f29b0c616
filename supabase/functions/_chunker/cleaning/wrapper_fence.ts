import { closes, fenceOn } from "../fences.ts";

/**
 * Removes the fence that a language model put around a whole page of Markdown
 * (```` ```markdown … ``` ````). Code remains code: only fences with `markdown`
 * or `md`, from the page's first line to its last.
 */
export function unwrapPage(text: string): string {
  const lines = text.trim().split("\n");
  const wrapper = fenceOn(lines[0]);
  if (!wrapper || !/^(?:markdown|md)$/i.test(wrapper.info)) return text;
  let depth = 0;
  for (const [i, line] of lines.entries()) {
    const fence = i > 0 ? fenceOn(line) : undefined;
    if (!fence) continue;
    if (fence.info !== "") depth++;
    else if (depth > 0) depth--;
    else if (closes(fence, wrapper)) {
      // The wrapper closes here: around everything, or around an example at the top.
      return i === lines.length - 1 ? lines.slice(1, -1).join("\n") : text;
    }
  }
  // Never closed, as where the model's output was cut.
  return lines.slice(1).join("\n");
}
