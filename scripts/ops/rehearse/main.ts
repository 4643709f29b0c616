import { OperatorError } from "../../dev/operator_error.ts";
import { rehearse } from "./rehearse.ts";
import { StackError } from "../../platform/stack/errors.ts";

/** `npm run rehearse`: exit code 0 if a deployment to a hosted project would go well as far as can be told without one. */
async function main(): Promise<number> {
  try {
    await rehearse({ report: console.log });
    return 0;
  } catch (error) {
    if (!(error instanceof OperatorError || error instanceof StackError)) {
      throw error;
    }
    console.error(`\n${error.message}\n\n${error.remedy}`);
    return 1;
  }
}

Deno.exit(await main());
