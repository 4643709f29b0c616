import { z } from "zod";

export const LOCAL_URL = "http://127.0.0.1:54321";

const about = z.object({
  databasePort: z.number(),
  /** Where the functions find it, if not at LlamaCloud. */
  llamaparseUrl: z.string().optional(),
});
export type LocalStack = z.infer<typeof about> & { url: string };

/** The stack of this repository that answers at an address of this machine. */
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
    // Nobody listens, or somebody else does.
    return null;
  }
}
