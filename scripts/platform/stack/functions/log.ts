/** The functions' log: one JSON object a line, as hosted's log collector stores it. */
export interface FunctionLog {
  /** Adds a line that a function wrote. A line that is JSON stays as it is. */
  write(service: string, level: "info" | "error", line: string): void;
  close(): Promise<void>;
}

/** Milliseconds for which lines are collected: writing each by itself would delay the answers it belongs to. */
const GATHER_MS = 20;

/** Appends to `path`, in the order of the calls. */
export async function openFunctionLog(path: string): Promise<FunctionLog> {
  const file = await Deno.open(path, { create: true, append: true });
  const encoder = new TextEncoder();
  const waiting: string[] = [];
  let writing: Promise<void> | undefined;

  async function flush(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, GATHER_MS));
    while (waiting.length > 0) {
      const bytes = encoder.encode(waiting.splice(0).join(""));
      let written = 0;
      while (written < bytes.length) {
        written += await file.write(bytes.subarray(written));
      }
    }
    writing = undefined;
  }

  return {
    write(service, level, line) {
      waiting.push(`${asJson(service, level, line)}\n`);
      writing ??= flush();
    },
    async close() {
      await writing;
      file.close();
    },
  };
}

function asJson(service: string, level: string, line: string): string {
  if (line.startsWith("{")) {
    try {
      JSON.parse(line);
      return line;
    } catch {
      // It is not JSON: wrapped below.
    }
  }
  return JSON.stringify({
    time: new Date().toISOString(),
    level,
    service,
    message: line,
  });
}

/** The lines of a byte stream, without their line ends. */
export async function* linesOf(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const reader = stream.getReader({ mode: "byob" });
  let buffer = new ArrayBuffer(16 * 1024);
  let rest = "";
  while (true) {
    const { done, value } = await reader.read(new Uint8Array(buffer));
    if (done) break;
    const text = rest + decoder.decode(value, { stream: true });
    buffer = value.buffer;
    const lines = text.split(/\r?\n/);
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest) yield rest;
}
