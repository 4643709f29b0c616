import { setTimeout as sleep } from "node:timers/promises";
import { Hono } from "hono";
import { MODEL, readRequest } from "./embedding_request.ts";
import type { OpenAiControl } from "./faults.ts";
import { embedText } from "./lexical_embedding.ts";
import type { RateLimit } from "./rate_limit.ts";

/** `POST /v1/embeddings`. */
export function embeddingsRoute(
  control: OpenAiControl,
  rateLimit: RateLimit,
  stopped: AbortSignal,
): Hono {
  const app = new Hono();
  app.post("/", control.route("embeddings"), async (context) => {
    const began = performance.now();
    const request = readRequest(await context.req.json().catch(() => null));
    control.describe(context, {
      inputs: request.texts.length,
      tokens: request.tokens,
    });
    const limits = rateLimit.take(request.tokens);
    const { vectors: fault, delay_ms } = control.faults;
    if (delay_ms > 0) {
      // Stopping the simulator ends the wait; the answer is then discarded.
      await sleep(delay_ms, null, { signal: stopped }).catch(() => null);
    }
    const data = request.texts.map((text, index) => {
      const vector = spoil(embedText(text, request.dimensions), fault);
      return {
        object: "embedding",
        index,
        embedding: request.base64 ? toBase64(vector) : vector,
      };
    });
    if (fault === "swapped") data.reverse();
    return context.json(
      {
        object: "list",
        data,
        model: MODEL,
        usage: { prompt_tokens: request.tokens, total_tokens: request.tokens },
      },
      200,
      {
        ...limits,
        "openai-model": MODEL,
        "openai-processing-ms": String(Math.round(performance.now() - began)),
        "openai-version": "2020-10-01",
      },
    );
  });
  return app;
}

function spoil(
  vector: number[],
  fault: OpenAiControl["faults"]["vectors"],
): number[] {
  switch (fault) {
    case "short":
      return vector.slice(0, -1);
    case "zero":
      return vector.map(() => 0);
    case "nan":
      return vector.with(0, NaN);
    default:
      return vector;
  }
}

/** Little-endian 32-bit floats. */
function toBase64(vector: number[]): string {
  const bytes = new DataView(new ArrayBuffer(vector.length * 4));
  vector.forEach((value, at) => bytes.setFloat32(at * 4, value, true));
  return new Uint8Array(bytes.buffer).toBase64();
}
