/** Realtime's log: a JSON object a line, with the real server's codes, for the developer who wonders about a refusal. */
export interface RealtimeLog {
  write(code: string, message: string, topic?: string): void;
  close(): void;
}

/** Appends to `path`. */
export async function openLog(path: string): Promise<RealtimeLog> {
  const file = await Deno.open(path, { create: true, append: true });
  return {
    write(code, message, topic) {
      const line = JSON.stringify({ time: new Date().toISOString(), code, message, topic });
      file.writeSync(new TextEncoder().encode(`${line}\n`));
    },
    close: () => file.close(),
  };
}
