import { readOpenApi } from "./openapi.ts";
import type { Product } from "./product.ts";

/** Of no route in particular: every answer may have them. */
const LEFT_OUT = ["headers", "securitySchemes"];

/** console/src/reference/openapi.json: what the console's reference of the API shows of the OpenAPI document. */
export async function consoleApi(): Promise<Product> {
  const { info: { description }, ...document } = await readOpenApi();
  return {
    path: "console/src/reference/openapi.json",
    text: `${
      JSON.stringify(
        { info: { description }, ...document },
        (name, value) => LEFT_OUT.includes(name) ? undefined : value,
        2,
      )
    }\n`,
  };
}
