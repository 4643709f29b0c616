import { type Context, Hono, type MiddlewareHandler } from "hono";
import { z } from "zod";

/** What a simulator was asked, and how it answered: one line of `GET /_control/requests`. */
export interface RequestRecord {
  id: number;
  /** The simulator's name for the route: `create`, `get`, `embeddings`, … */
  route: string;
  method: string;
  path: string;
  /** ISO 8601. */
  time: string;
  /** Null while no answer has been given. */
  status: number | null;
  /** Processed, but the answer is withheld until `POST /_control/release`. */
  held: boolean;
  /** True when an injected fault answered instead of the simulator: nothing took effect. */
  fault: boolean;
  /** The caller went away before it was answered. */
  abandoned: boolean;
  /** What identifies the request to a test; set by the route. Never document text or keys. */
  metadata: Record<string, unknown>;
}

const injectedResponse = z.strictObject({
  route: z.string(),
  status: z.int().min(200).max(599),
  headers: z.record(z.string(), z.string()).default({}),
  count: z.int().min(1).default(1),
  /** The provider's own machine-readable code, such as `insufficient_quota`. */
  code: z.string().optional(),
  /** Replaces the provider's usual error body. */
  body: z.unknown().optional(),
});

export type InjectedResponse = z.infer<typeof injectedResponse>;

const commonFaults = z.strictObject({
  next_responses: z.array(injectedResponse).optional(),
  hold: z.string().nullable().optional(),
});

export interface ControlOptions<Faults extends z.ZodRawShape> {
  /** Names that `next_responses[].route` and `hold` may use. */
  routes: readonly string[];
  /** The faults of this simulator alone; every field must have a default. */
  faults: z.ZodObject<Faults>;
  /** The provider's error body for an injected status. */
  errorBody(fault: InjectedResponse): unknown;
}

/**
 * Faults on demand, withheld answers and a log of what was asked: the same for each simulator.
 *
 * Each provider route passes through `route(name)`, in this order: the request is logged, an injected response answers
 * if one is waiting, otherwise the route runs, and its answer is held back while `hold` names the route.
 */
export class Control<Faults extends z.ZodRawShape> {
  /** The faults in force; a POST to `/_control/faults` changes the fields that it names. */
  faults: z.infer<z.ZodObject<Faults>>;
  /** Entries of a simulator's own kind (webhook deliveries), shown beside the requests. */
  readonly deliveries: Record<string, unknown>[] = [];
  /** Forgets what a simulator keeps of its faults besides. */
  onReset: () => void = () => {};

  #requests: RequestRecord[] = [];
  #injected: InjectedResponse[] = [];
  #hold: string | null = null;
  #release: PromiseWithResolvers<void> = Promise.withResolvers();
  #nextId = 1;

  constructor(readonly options: ControlOptions<Faults>) {
    this.faults = options.faults.parse({});
  }

  /** Middleware of one provider route. */
  route(name: string): MiddlewareHandler {
    if (!this.options.routes.includes(name)) {
      throw new Error(`unknown route name ${name}`);
    }
    return async (context, next) => {
      const record = this.#record(name, context);
      const injected = this.#takeInjected(name);
      if (injected) {
        record.fault = true;
        context.res = Response.json(
          injected.body ?? this.options.errorBody(injected),
          { status: injected.status, headers: injected.headers },
        );
      } else {
        await next();
        await this.#waitWhileHeld(name, record, context.req.raw);
      }
      record.status = context.res.status;
    };
  }

  /** Says what the current request was about, in its line of the log. */
  describe(context: Context, metadata: Record<string, unknown>): void {
    const record = context.get("record") as RequestRecord | undefined;
    if (record) Object.assign(record.metadata, metadata);
  }

  /** Lets every withheld answer go and withholds no more. */
  release(): number {
    const held = this.#requests.filter((request) => request.held).length;
    this.#hold = null;
    this.#release.resolve();
    this.#release = Promise.withResolvers();
    return held;
  }

  /** The routes below `/_control`. */
  routes(): Hono {
    const app = new Hono();
    app.post("/faults", async (context) => {
      const problem = this.#apply(await context.req.json().catch(() => null));
      if (problem) return context.json({ error: problem }, 400);
      return context.json(this.#state());
    });
    app.get("/faults", (context) => context.json(this.#state()));
    app.post("/release", (context) => {
      return context.json({ released: this.release() });
    });
    app.post("/reset", (context) => {
      this.release();
      this.faults = this.options.faults.parse({});
      this.#injected = [];
      this.#requests = [];
      this.deliveries.length = 0;
      this.onReset();
      return context.json(this.#state());
    });
    app.get("/requests", (context) => {
      return context.json({
        requests: this.#requests,
        held: this.#requests.filter((request) => request.held).length,
        deliveries: this.deliveries,
      });
    });
    return app;
  }

  /** Takes all of the new faults or, on the first problem, none of them. */
  #apply(body: unknown): string | null {
    const shape = this.options.faults.partial().extend(commonFaults.shape);
    const parsed = shape.strict().safeParse(body);
    if (!parsed.success) return z.prettifyError(parsed.error);
    const { next_responses, hold, ...own } = parsed.data as
      & z.infer<typeof commonFaults>
      & Partial<z.infer<z.ZodObject<Faults>>>;
    const named = [...(next_responses ?? []).map((next) => next.route)];
    if (hold) named.push(hold);
    const unknown = named.find((name) => !this.options.routes.includes(name));
    if (unknown) {
      return `unknown route "${unknown}"; there are: ${this.options.routes.join(", ")}`;
    }
    const given = Object.entries(own as Record<string, unknown>).filter(
      ([name]) => name in (body as Record<string, unknown>),
    );
    Object.assign(this.faults as object, Object.fromEntries(given));
    if (next_responses) {
      this.#injected = next_responses.map((next) => ({ ...next }));
    }
    if (hold === null) this.release();
    else if (hold) this.#hold = hold;
    return null;
  }

  #state() {
    return {
      ...(this.faults as Record<string, unknown>),
      next_responses: this.#injected,
      hold: this.#hold,
    };
  }

  #record(route: string, context: Context): RequestRecord {
    const record: RequestRecord = {
      id: this.#nextId++,
      route,
      method: context.req.method,
      path: context.req.path,
      time: new Date().toISOString(),
      status: null,
      held: false,
      fault: false,
      abandoned: false,
      metadata: {},
    };
    this.#requests.push(record);
    context.set("record", record);
    return record;
  }

  #takeInjected(route: string): InjectedResponse | undefined {
    const injected = this.#injected.find((next) => next.route === route);
    if (!injected) return undefined;
    injected.count--;
    if (injected.count === 0) {
      this.#injected = this.#injected.filter((next) => next !== injected);
    }
    return injected;
  }

  async #waitWhileHeld(
    route: string,
    record: RequestRecord,
    request: Request,
  ): Promise<void> {
    if (this.#hold !== route) return;
    record.held = true;
    // A caller that dies closes its connection; one that only stops listening may not.
    const caller = request.signal;
    const gone = Promise.withResolvers<void>();
    const leave = () => {
      record.abandoned = true;
      gone.resolve();
    };
    caller.addEventListener("abort", leave);
    await Promise.race([this.#release.promise, gone.promise]);
    caller.removeEventListener("abort", leave);
    record.held = false;
  }
}
