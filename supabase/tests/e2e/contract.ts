import { expect } from "vitest";
import { z } from "zod";
import { call } from "./harness.ts";

type Json = Record<string, unknown>;

/** The parts of an OpenAPI operation that tests read. */
export interface Described {
  security?: unknown[];
  parameters?: { in: string; name: string; required?: boolean; schema: Json }[];
  requestBody?: { content: Record<string, { schema: Json }> };
  responses: Record<
    string,
    { description: string; content?: Record<string, { schema: Json }> }
  >;
}

export interface ContractCall extends NonNullable<Parameters<typeof call>[1]> {
  /** Values of the path's placeholders. */
  params?: Record<string, string>;
  query?: string;
}

/** Compares the API's answers with the OpenAPI document that the running API serves. */
export class Contract {
  readonly operations: ReadonlyMap<string, Described>;
  readonly schemas: Record<string, Json>;
  readonly #seen = new Set<string>();

  private constructor(document: {
    paths: Record<string, Record<string, Described>>;
    components: { schemas: Record<string, Json> };
  }) {
    this.schemas = document.components.schemas;
    this.operations = new Map(
      Object.entries(document.paths).flatMap(([path, methods]) =>
        Object.entries(methods).map(([method, described]) => [
          `${method.toUpperCase()} ${path}`,
          described,
        ])
      ),
    );
  }

  static async read(): Promise<Contract> {
    return new Contract((await call("/api/openapi.json")).body);
  }

  /**
   * Calls the operation and expects a documented answer: its status, error code, headers, and a body with all described
   * fields and no others.
   * @param route as in the document: `GET /api/documents/{document_id}/status`
   */
  async call(
    route: string,
    { params = {}, query = "", ...init }: ContractCall = {},
  ) {
    const [method, pattern] = route.split(" ");
    const path = pattern.replaceAll(/\{(\w+)\}/g, (_, name) => params[name]);
    const answer = await call(`${path}${query}`, { ...init, method });
    this.#check(route, answer);
    return answer;
  }

  /** Calls the operation and expects this refusal. */
  async refused(
    route: string,
    status: number,
    code: string,
    init: ContractCall = {},
  ) {
    const { body, headers, ...answer } = await this.call(route, init);
    expect([route, answer.status, body.error?.code, body.error?.message])
      .toEqual([route, status, code, expect.any(String)]);
    expect(body.error.request_id).toBe(headers.get("x-request-id"));
    return body.error;
  }

  /** `route status code` of each documented error that no call has met so far. */
  unmet(): string[] {
    return [...this.operations].flatMap(([route, { responses }]) =>
      Object.entries(responses).flatMap(([status, { description }]) =>
        (isSuccess(status) ? [""] : codesOf(description))
          .map((code) => `${route} ${status} ${code}`.trim())
      )
    ).filter((met) => !this.#seen.has(met));
  }

  #check(route: string, answer: Awaited<ReturnType<typeof call>>): void {
    const { status, body, headers } = answer;
    const code = body?.error?.code ?? "";
    const operation = this.operations.get(route)!;
    const response = operation.responses[status];
    expect([route, status, code, response !== undefined])
      .toEqual([route, status, code, true]);
    expect(headers.get("x-request-id")).toBeTruthy();
    if (status === 429) {
      expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
    }
    if (isSuccess(String(status))) {
      expect([route, headers.has("ratelimit-remaining")])
        .toEqual([route, operation.security === undefined || isAttempt(route)]);
    } else {
      expect([route, codesOf(response.description)])
        .toEqual([route, expect.arrayContaining([code])]);
    }
    const json = response.content?.["application/json"];
    const lines = response.content?.["application/x-ndjson"];
    if (json) this.#expectShape(route, json.schema, body);
    else if (lines) {
      for (const line of body.trimEnd().split("\n")) {
        this.#expectShape(route, lines.schema, JSON.parse(line));
      }
    } else expect([route, body]).toEqual([route, ""]);
    this.#seen.add(`${route} ${status} ${code}`.trim());
  }

  #expectShape(route: string, schema: Json, body: unknown): void {
    const strict = exact({ ...schema, $defs: this.schemas });
    const { error } = z.fromJSONSchema(strict as z.core.JSONSchema.JSONSchema)
      .safeParse(body);
    expect([route, error && z.prettifyError(error)])
      .toEqual([route, undefined]);
  }
}

function isSuccess(status: string): boolean {
  return status.startsWith("2");
}

/** Sign-in attempts are limited by network address. */
function isAttempt(route: string): boolean {
  return /^POST \/api\/auth\//.test(route);
}

function codesOf(description: string): string[] {
  return [...description.matchAll(/`(\w+)`/g)].map(([, code]) => code);
}

/** The schema with its references resolved, and with objects closed to unknown fields. */
function exact(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(exact);
  if (typeof schema !== "object" || schema === null) return schema;
  const copy = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      key === "$ref" ? String(value).replace("#/components/schemas/", "#/$defs/") : exact(value),
    ]),
  );
  if (copy.type === "object" && copy.properties && !("allOf" in copy)) {
    copy.additionalProperties ??= false;
  }
  return copy;
}
