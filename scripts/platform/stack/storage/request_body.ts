import { invalidRequest } from "./faults.ts";

/** The request's JSON object; throws `InvalidRequest` where it is none. */
export async function readJson(
  request: Request,
): Promise<Record<string, unknown>> {
  try {
    const body = await request.json();
    if (body !== null && typeof body === "object" && !Array.isArray(body)) {
      return body;
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw invalidRequest("The body is not JSON", error);
  }
  throw invalidRequest("The body must be a JSON object");
}
