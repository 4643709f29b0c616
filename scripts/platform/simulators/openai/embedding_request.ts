import { decode, encode } from "gpt-tokenizer/encoding/cl100k_base";
import { DIMENSIONS } from "./lexical_embedding.ts";

export const MODEL = "text-embedding-3-small";

/** OpenAI's limits for one request to `/v1/embeddings`. */
export const LIMITS = {
  inputs: 2_048,
  tokensPerInput: 8_192,
  tokensPerRequest: 300_000,
};

/** An error in OpenAI's form. */
export class OpenAiError extends Error {
  override name = "OpenAiError";

  constructor(
    readonly status: 400 | 401 | 404 | 429 | 500,
    message: string,
    readonly fields: {
      type?: string;
      param?: string | null;
      code?: string | null;
    } = {},
    readonly headers: Record<string, string> = {},
  ) {
    super(message);
  }

  body() {
    return {
      error: {
        message: this.message,
        type: this.fields.type ?? "invalid_request_error",
        param: this.fields.param ?? null,
        code: this.fields.code ?? null,
      },
    };
  }
}

export interface EmbeddingRequest {
  texts: string[];
  tokens: number;
  dimensions: number;
  base64: boolean;
}

/** Checks a request body as OpenAI does. Throws `OpenAiError` 400 or 404. */
export function readRequest(body: unknown): EmbeddingRequest {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new OpenAiError(
      400,
      "We could not parse the JSON body of your request.",
    );
  }
  const { input, model, dimensions, encoding_format } = body as Record<
    string,
    unknown
  >;
  if (typeof model !== "string" || model === "") {
    throw new OpenAiError(400, "you must provide a model parameter");
  }
  if (model !== MODEL) {
    throw new OpenAiError(
      404,
      `The model \`${model}\` does not exist or you do not have access to it.`,
      { code: "model_not_found" },
    );
  }
  const { texts, counts } = readInputs(input);
  const tokens = counts.reduce((sum, count) => sum + count, 0);
  if (tokens > LIMITS.tokensPerRequest) {
    throw new OpenAiError(
      400,
      `Requested ${tokens} tokens, max ${LIMITS.tokensPerRequest} tokens per request`,
      { type: "max_tokens_per_request", code: "max_tokens_per_request" },
    );
  }
  return {
    texts,
    tokens,
    dimensions: readDimensions(dimensions),
    base64: readFormat(encoding_format) === "base64",
  };
}

function readInputs(input: unknown): { texts: string[]; counts: number[] } {
  const inputs = toInputs(input);
  if (inputs.length > LIMITS.inputs) {
    throw invalidInput(
      `Invalid 'input': array too long. Expected an array with maximum length ${LIMITS.inputs}, but got an array with length ${inputs.length} instead.`,
      "array_above_max_length",
    );
  }
  const texts: string[] = [];
  const counts: number[] = [];
  for (const [index, one] of inputs.entries()) {
    const where = Array.isArray(input) && !isTokens(input) ? `input[${index}]` : "input";
    const isText = typeof one === "string";
    if (!isText && !isTokens(one)) throw invalidInput(badInput(where));
    if (one.length === 0) {
      throw invalidInput(`Invalid '${where}': input cannot be empty.`);
    }
    const count = isText ? countTokens(one) : one.length;
    if (count > LIMITS.tokensPerInput) {
      throw invalidInput(
        `Invalid '${where}': maximum input length is ${LIMITS.tokensPerInput} tokens.`,
      );
    }
    texts.push(isText ? one : decode(one));
    counts.push(count);
  }
  return { texts, counts };
}

/**
 * A string or one array of tokens is one input; an array of them is several.
 */
function toInputs(input: unknown): unknown[] {
  if (typeof input === "string" || isTokens(input)) return [input];
  if (!Array.isArray(input)) throw invalidInput(badInput("input"));
  if (input.length === 0) {
    throw invalidInput("Invalid 'input': the array must not be empty.");
  }
  return input;
}

/** Special tokens in a text count as the text that they are. */
function countTokens(text: string): number {
  return encode(text, { disallowedSpecial: new Set() }).length;
}

function isTokens(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 &&
    value.every((token) => Number.isInteger(token) && token >= 0);
}

function readDimensions(dimensions: unknown): number {
  if (dimensions === undefined || dimensions === null) return DIMENSIONS;
  const valid = Number.isInteger(dimensions) && (dimensions as number) >= 1 &&
    (dimensions as number) <= DIMENSIONS;
  if (valid) return dimensions as number;
  throw new OpenAiError(
    400,
    `Invalid value for 'dimensions' = ${dimensions}. Must be between 1 and ${DIMENSIONS}.`,
    { param: "dimensions" },
  );
}

function readFormat(format: unknown): "float" | "base64" {
  if (format === undefined || format === null) return "float";
  if (format === "float" || format === "base64") return format;
  throw new OpenAiError(
    400,
    `Invalid value: '${format}'. Supported values are: 'float' and 'base64'.`,
    { param: "encoding_format", code: "invalid_value" },
  );
}

function badInput(where: string): string {
  return `Invalid '${where}': expected a string or an array of tokens.`;
}

function invalidInput(message: string, code: string | null = null) {
  return new OpenAiError(400, message, { param: "input", code });
}
