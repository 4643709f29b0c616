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
  errors: ["validation_failed"],
};

export const getJob: Operation = {
  id: "getJob",
  tag: "Jobs",
  summary: "Get a job's status and cost",
  answer: { status: 200, description: "The job", schema: jobAnswer },
  errors: ["job_not_found", "validation_failed"],
};

export const retryJob: Operation = {
  id: "retryJob",
  tag: "Jobs",
  summary: "Retry a job in state `retryable` or `deadletter` now",
  description: "A retry from the dead letter counts as an upload: against the daily " +
    "limits for documents and pages, and the budget. A job that failed " +
    "because of its document, such as one with too many pages, would fail " +
    "again and is refused with 409 `document_refused`.",
  answer: {
    status: 202,
    description: "The job, queued again",
    schema: jobAnswer,
  },
  errors: [
    "not_retryable",
    "monthly_budget_spent",
    "job_not_found",
    "document_refused",
    "validation_failed",
    "daily_limit",
  ],
};
