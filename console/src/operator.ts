import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/preact-query";
import { useEffect } from "preact/hooks";
import type { Functions } from "./database.types.ts";
import { supabase } from "./project.ts";

/** The schema of the operators' functions: see supabase/migrations/…_console.sql. */
const SCHEMA = "pipeline_console";
/** All that operators' screens read is kept under this key. */
export const OPERATOR_KEY = "operator";
/** How often the pulse is read while the page is visible. */
const PULSE_MS = 1_000;

type Name = keyof Functions & string;
type Args<F extends Name> = Functions[F]["Args"];
type Returns<F extends Name> = Functions[F]["Returns"];

/** A call that the database refused: `code` is SQLSTATE or PostgREST's; `hint` says what to do. */
export class OperatorError extends Error {
  readonly code: string;
  readonly details: string | null;
  readonly hint: string | null;
  constructor(
    { message, code, details = null, hint = null }: {
      message: string;
      code: string;
      details?: string | null;
      hint?: string | null;
    },
  ) {
    super(message);
    this.name = "OperatorError";
    this.code = code;
    this.details = details;
    this.hint = hint;
  }
}

/** Calls one of the operators' functions. @throws {OperatorError} */
export async function callOperator<F extends Name>(name: F, args: Args<F>, signal?: AbortSignal): Promise<Returns<F>> {
  const call = supabase.schema(SCHEMA).rpc(name, args as Record<string, unknown>);
  const { data, error } = await (signal ? call.abortSignal(signal) : call);
  if (error) throw new OperatorError(error);
  return data as Returns<F>;
}

interface ReadOptions {
  enabled?: boolean;
  /** Read also this often while the page is seen: for what changes without a move, such as a queue whose messages become due. */
  everyMs?: number;
}

/** What an operators' function answers, read again whenever the pipeline has moved; see `usePulse`. */
export function useOperator<F extends Name>(name: F, args: Args<F>, { enabled = true, everyMs }: ReadOptions = {}) {
  return useQuery<Returns<F>, OperatorError, Returns<F>, unknown[]>({
    queryKey: [OPERATOR_KEY, name, args],
    queryFn: ({ signal }) => callOperator(name, args, signal),
    // What the screen shows stays until the answer to other filters is there.
    placeholderData: keepPreviousData,
    enabled,
    refetchInterval: everyMs ?? false,
    refetchIntervalInBackground: false,
  });
}

/** An act of an operator; afterwards all that is shown is read again. */
export function useAct<F extends Name>(name: F) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (args: Args<F>) => callOperator(name, args),
    onSettled: () => client.invalidateQueries({ queryKey: [OPERATOR_KEY] }),
  });
}

/**
 * Keeps the operators' screens within a second of the pipeline: reads a few numbers that change with every move, and
 * only when they have changed what is on the screen. Rests while the page is hidden.
 */
export function usePulse(isOn: boolean): void {
  const client = useQueryClient();
  const { data } = useQuery({
    queryKey: ["pulse"],
    queryFn: ({ signal }) => callOperator("pulse", {}, signal),
    refetchInterval: PULSE_MS,
    refetchIntervalInBackground: false,
    enabled: isOn,
  });
  useEffect(() => {
    if (data !== undefined) void client.invalidateQueries({ queryKey: [OPERATOR_KEY] });
  }, [data]);
}
