"use client";

import { createContext, createElement, type ReactElement, type ReactNode, useContext, useEffect } from "react";
import type { PipelineClient } from "../pipeline_client.ts";
import { useStore } from "./store.ts";
import { type UploadsStore, uploadsStore } from "./uploads_store.ts";

/** What a provider hands down. */
interface Provided {
  pipeline: PipelineClient;
  uploads: UploadsStore;
}

const Context = createContext<Provided | null>(null);

/**
 * Hands the client to the components below it (`usePipeline`), and keeps their uploads: these continue when the
 * component that began them unmounts, and are aborted when the provider does.
 */
export function PipelineProvider(
  { pipeline, children }: { pipeline: PipelineClient; children?: ReactNode },
): ReactElement {
  const provided = useStore(pipeline, provide);
  useEffect(() => provided.uploads.subscribe(() => {}), [provided]);
  return createElement(Context.Provider, { value: provided }, children);
}

function provide(pipeline: PipelineClient): Provided {
  return { pipeline, uploads: uploadsStore(pipeline) };
}

/**
 * The client of the nearest `PipelineProvider`.
 * @throws {Error} outside of a `PipelineProvider`
 */
export function usePipeline(): PipelineClient {
  const provided = useContext(Context);
  if (!provided) throw new Error("usePipeline needs a PipelineProvider above it.");
  return provided.pipeline;
}

/** The uploads of the provider of this client, if there is one. */
export function useProvidedUploads(pipeline: PipelineClient): UploadsStore | null {
  const provided = useContext(Context);
  return provided?.pipeline === pipeline ? provided.uploads : null;
}
