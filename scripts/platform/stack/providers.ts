import { startLlamaParse } from "../simulators/llamaparse/server.ts";
import { startOpenAi } from "../simulators/openai/server.ts";
import type { Simulator } from "../simulators/simulator.ts";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";

/** Makes a simulator reachable from where the functions run. */
export type Publish = (name: ProviderName, simulator: Simulator) => Promise<Published>;

export interface Published {
  /** The functions' address of the simulator, without a trailing slash. */
  url: string;
  stop(): Promise<void>;
}

export type ProviderName = "LlamaParse" | "OpenAI";

/** The parser and the embedder of this stack's functions. */
export interface Providers {
  /** The functions' settings for reaching the providers. */
  functionEnv: Record<string, string>;
  /** One sentence per provider, for people. */
  description: string[];
  /** The simulators that replace a provider. */
  simulated: ProviderName[];
  stop(): Promise<void>;
}

interface Provider {
  name: ProviderName;
  keyVariable: string;
  urlVariable: string;
  simulator: string;
  start(): Promise<Simulator>;
  /** The path of its API below the simulator's URL. */
  apiPath: string;
}

const PROVIDERS: Provider[] = [
  {
    name: "LlamaParse",
    keyVariable: "LLAMAPARSE_API_KEY",
    urlVariable: "LLAMAPARSE_API_URL",
    simulator: "extracts the PDF's own text on this machine",
    start: startLlamaParse,
    apiPath: "",
  },
  {
    name: "OpenAI",
    keyVariable: "OPENAI_API_KEY",
    urlVariable: "OPENAI_API_URL",
    simulator: "embeds by words on this machine, not by meaning",
    start: startOpenAi,
    apiPath: "/v1",
  },
];

/** Optional settings of a provider, which are passed on if set. */
const PASSED_ON = ["LLAMAPARSE_TIER", "WEBHOOK_URL"];

export const NO_KEY_NEEDED = "simulator-needs-no-key";

/**
 * A provider with a key in `env` is the real one, or the one at its `…_API_URL`. A simulator replaces each provider
 * without a key.
 * @param publish for functions that cannot reach this machine's loopback address
 * @throws {ErrorWithRemedy} if a URL is set without its key
 */
export async function startProviders(
  env: Record<string, string>,
  publish: Publish = (_name, { url }) => Promise.resolve({ url, stop: () => Promise.resolve() }),
): Promise<Providers> {
  const functionEnv: Record<string, string> = {};
  const description: string[] = [];
  const simulated: ProviderName[] = [];
  await using started = new AsyncDisposableStack();

  for (const name of PASSED_ON) if (env[name]) functionEnv[name] = env[name];
  for (const provider of PROVIDERS) {
    const { keyVariable, urlVariable } = provider;
    if (env[urlVariable] && !env[keyVariable]) {
      throw new ErrorWithRemedy(
        `${urlVariable} is set, but ${keyVariable} is not.`,
        `Set ${keyVariable} too, or unset ${urlVariable} to use the simulator.`,
      );
    }
  }
  for (const provider of PROVIDERS) {
    const { name, keyVariable, urlVariable } = provider;
    const key = env[keyVariable];
    const url = env[urlVariable];
    if (key) {
      functionEnv[keyVariable] = key;
      if (url) functionEnv[urlVariable] = url;
      description.push(
        `${name}: ${url ?? "the real service"}, because ${keyVariable} is set; it may cost money.`,
      );
      continue;
    }
    const simulator = await provider.start();
    started.defer(() => simulator.stop());
    const published = await publish(name, simulator);
    started.defer(() => published.stop());
    simulated.push(name);
    functionEnv[keyVariable] = NO_KEY_NEEDED;
    functionEnv[urlVariable] = published.url + provider.apiPath;
    description.push(
      `${name}: a simulator at ${simulator.url} that ${provider.simulator}. Set ${keyVariable} for the real one.`,
    );
  }

  const owned = started.move();
  return { functionEnv, description, simulated, stop: () => owned.disposeAsync() };
}
