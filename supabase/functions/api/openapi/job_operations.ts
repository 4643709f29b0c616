import { jobAnswer, jobPage } from "../answers.ts";
import type { Operation } from "./operation.ts";

export const listJobs: Operation = {
  id: "listJobs",
  tag: "Jobs",
  summary: "One's jobs, the newest first",
  answer: {
    status: 200,
    description: "A page, and how many there are in all",
    schema: jobPage,
  },
  errors: { 422: ["validation_failed"] },
};

export const getJob: Operation = {
  id: "getJob",
  tag: "Jobs",
  summary: "Where a job stands, and what it cost",
  answer: { status: 200, description: "The job", schema: jobAnswer },
  errors: { 404: ["job_not_found"], 422: ["validation_failed"] },
};

export const retryJob: Operation = {
  id: "retryJob",
  tag: "Jobs",
  summary: "Try a job again now that is `retryable` or `deadletter`",
  description:
    "One that was given up counts as an upload: against the day's number and pages, and the budget. One that was given up for " +
    "a reason of the document's own, such as too many pages, would be given up again, and is 409 `document_refused`.",
  answer: {
    status: 202,
    description: "The job, queued again",
    schema: jobAnswer,
  },
  errors: {
    400: ["not_retryable"],
    402: ["monthly_budget_spent"],
    404: ["job_not_found"],
    409: ["document_refused"],
    422: ["validation_failed"],
    429: ["daily_limit"],
  },
};
