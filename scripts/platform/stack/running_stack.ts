import { z } from "zod";
import { DEFAULT_PORT } from "./gateway_port.ts";

export const LOCAL_URL = `http://127.0.0.1:${DEFAULT_PORT}`;

const about = z.object({
  databasePort: z.number(),
  /** The functions' address of LlamaParse, unless it is LlamaCloud. */
  llamaparseUrl: z.string().optional(),
});
export type LocalStack = z.infer<typeof about> & { url: string };

/** The stack of this repository at an address of this machine; null if none answers there. */
export async function findLocalStack(
  url: string,
): Promise<LocalStack | null> {
  if (!["127.0.0.1", "localhost", "[::1]"].includes(new URL(url).hostname)) {
    return null;
  }
  try {
    const answer = await fetch(`${url}/_stack`, {
      signal: AbortSignal.timeout(5_000),
    });
    return { url, ...about.parse(await answer.json()) };
  } catch {
    // No process listens there, or another program does.
    return null;
  }
}
