import { LOCAL_KEYS } from "../../platform/stack/keys.ts";
import { drillAlertmanager, drillPrometheus, drillRules } from "./drill_config.ts";
import { MONITORING } from "./files.ts";
import { freePort } from "../../platform/stack/postgres/ports.ts";
import { prometheusAlerts } from "./rules.ts";
import { type AlertSource, until } from "./notifier.ts";
import type { MonitoringTools } from "./tools.ts";

const STARTED_MS = 60_000;

/** Prometheus and Alertmanager on a stack; they raise the alerts that their receiver gets. */
export interface Watch extends AlertSource {
  /** The metrics as Prometheus scrapes them. */
  metrics(): Promise<string>;
  stop(): Promise<void>;
}

/** Starts both on loopback, with the project's configuration and short durations. */
export async function startWatch(
  tools: MonitoringTools,
  stackUrl: string,
): Promise<Watch> {
  const started = new AsyncDisposableStack();
  try {
    const dir = await Deno.makeTempDir({ prefix: "drill-" });
    started.defer(() => Deno.remove(dir, { recursive: true }));
    const states = new Map<string, "firing" | "resolved">();
    const receiver = listen((request) => receive(request, states), started);
    const target = new URL(stackUrl).host;

    await write(
      dir,
      "alertmanager.yml",
      (text) => drillAlertmanager(text, `127.0.0.1:${receiver}`),
    );
    const alertmanager = await spawn(tools, tools.alertmanager, [
      `--config.file=${dir}/alertmanager.yml`,
      `--storage.path=${dir}/alertmanager`,
      // Without a cluster: it looks for no peers.
      "--cluster.listen-address=",
    ], started);

    await write(dir, "rules.yml", drillRules);
    await write(
      dir,
      "prometheus.yml",
      (text) => drillPrometheus(text, { target, alertmanager }),
    );
    await Deno.writeTextFile(`${dir}/metrics_secret`, LOCAL_KEYS.metricsSecret);
    await spawn(tools, tools.prometheus, [
      `--config.file=${dir}/prometheus.yml`,
      `--storage.tsdb.path=${dir}/prometheus`,
    ], started);

    return {
      name: "Prometheus",
      alerts: new Set(
        prometheusAlerts(await Deno.readTextFile(`${MONITORING}/rules.yml`)),
      ),
      firing: () =>
        Promise.resolve(
          [...states].filter(([, state]) => state === "firing")
            .map(([name]) => name),
        ),
      metrics: async () => {
        const answer = await fetch(`${stackUrl}/functions/v1/api/metrics`, {
          headers: { authorization: `Bearer ${LOCAL_KEYS.metricsSecret}` },
        });
        return await answer.text();
      },
      stop: () => started.disposeAsync(),
    };
  } catch (error) {
    await started.disposeAsync();
    throw error;
  }
}

async function write(
  dir: string,
  file: string,
  drilled: (text: string) => string,
): Promise<void> {
  const text = await Deno.readTextFile(`${MONITORING}/${file}`);
  await Deno.writeTextFile(`${dir}/${file}`, drilled(text));
}

/** Alertmanager's webhook: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config */
async function receive(
  request: Request,
  states: Map<string, "firing" | "resolved">,
): Promise<Response> {
  const { status, groupLabels } = await request.json();
  states.set(groupLabels.alertname, status);
  return new Response("ok");
}

function listen(
  handler: Deno.ServeHandler,
  started: AsyncDisposableStack,
): number {
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
  }, handler);
  started.defer(() => server.shutdown());
  return server.addr.port;
}

/** Starts one of the two and waits until it is ready. It ends with this process. @returns its address */
async function spawn(
  tools: MonitoringTools,
  program: string,
  args: string[],
  started: AsyncDisposableStack,
): Promise<string> {
  // Another program may take a free port first.
  for (let attempt = 1; attempt <= 5; attempt++) {
    const address = `127.0.0.1:${freePort()}`;
    if (await listens(tools, program, address, args, started)) return address;
  }
  throw new Error(`${program} ended at its start`);
}

/** @returns false if it ended instead */
async function listens(
  { home }: MonitoringTools,
  program: string,
  address: string,
  args: string[],
  started: AsyncDisposableStack,
): Promise<boolean> {
  const child = new Deno.Command("setpriv", {
    cwd: home,
    args: [
      "--pdeathsig",
      "KILL",
      program,
      ...args,
      `--web.listen-address=${address}`,
      "--log.level=error",
    ],
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  started.defer(async () => {
    try {
      child.kill("SIGTERM");
    } catch (error) {
      // It has ended already.
      if (!(error instanceof TypeError)) throw error;
    }
    await child.status;
  });
  let ended = false;
  child.status.then(() => ended = true);
  let ready = false;
  await until(
    async () => {
      const answer = await fetch(`http://${address}/-/ready`).catch(() => null);
      await answer?.body?.cancel();
      // Another program on this port is not the one that has ended.
      ready = (answer?.ok ?? false) && !ended;
      return ready || ended;
    },
    `${program} is ready`,
    STARTED_MS,
  );
  return ready;
}
