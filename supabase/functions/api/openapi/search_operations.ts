import { searchAnswer } from "../answers.ts";
import { BODY_ERRORS, type Operation } from "./operation.ts";

export const search: Operation = {
  id: "search",
  tag: "Search",
  summary: "Passages of one's documents that answer a question",
  answer: {
    status: 200,
    description: "The passages, the best first",
    schema: searchAnswer,
  },
  errors: {
    ...BODY_ERRORS,
    402: ["monthly_budget_spent"],
    503: ["search_unavailable"],
  },
};
