import { z } from "zod";
import { aliveAnswer, errorAnswer, healthAnswer, unhealthyAnswer } from "../answers.ts";
import type { Operation } from "./operation.ts";

export const health: Operation = {
  id: "health",
  tag: "Service",
  summary: "Whether the API can serve, part by part",
  isPublic: true,
  answer: {
    status: 200,
    description: "It can; `degraded` if processing is behind. Storage was checked " +
      "within the last five seconds, the database now",
    schema: healthAnswer,
  },
  errors: ["unhealthy"],
  errorSchemas: { 503: z.union([unhealthyAnswer, errorAnswer]) },
};

export const alive: Operation = {
  id: "alive",
  tag: "Service",
  summary: "Whether the API runs; checks no other part",
  isPublic: true,
  answer: { status: 200, description: "The API runs", schema: aliveAnswer },
};

export const openApi: Operation = {
  id: "openApi",
  tag: "Service",
  summary: "Get this document",
  isPublic: true,
  answer: {
    status: 200,
    description: "OpenAPI 3.1",
    schema: z.looseObject({ openapi: z.string() }),
  },
};
