import { searchAnswer } from "../answers.ts";
import { BODY_ERRORS, type Operation } from "./operation.ts";

export const search: Operation = {
  id: "search",
  tag: "Search",
  summary: "Find passages of the user's documents that answer a question",
  answer: {
    status: 200,
    description: "A page of passages, the best first; `next_cursor` is null on the " +
      "last one",
    schema: searchAnswer,
  },
  errors: [
    ...BODY_ERRORS,
    "monthly_budget_spent",
    "invalid_cursor",
    "search_unavailable",
    "search_timeout",
  ],
};
