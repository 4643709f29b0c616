import { jobAnswer, jobPage } from "../answers.ts";
import type { Operation } from "./operation.ts";

export const listJobs: Operation = {
  id: "listJobs",
  tag: "Jobs",
  summary: "List the user's jobs, the newest first",
  answer: {
    status: 200,
    description: "A page, and the number of jobs in all",
    schema: jobPage,
  },
  errors: { 422: ["validation_failed"] },
};

export const getJob: Operation = {
  id: "getJob",
  tag: "Jobs",
  summary: "Get a job's status and cost",
  answer: { status: 200, description: "The job", schema: jobAnswer },
  errors: { 404: ["job_not_found"], 422: ["validation_failed"] },
};

export const retryJob: Operation = {
  id: "retryJob",
  tag: "Jobs",
  summary: "Retry a job in state `retryable` or `deadletter` now",
  description:
    "A retry from the dead letter counts as an upload: against the daily " +
    "limits for documents and pages, and the budget. A job that failed " +
    "because of its document, such as one with too many pages, would fail " +
    "again and is refused with 409 `document_refused`.",
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
