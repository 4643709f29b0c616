import { checkFiles } from "./check_files.ts";
import { drill } from "./drill.ts";
import { FAULTS } from "./faults.ts";
import { installMonitoringTools } from "./tools.ts";
import { printError } from "../../dev/terminal/print.ts";

/** The quickest faults of the drill: a provider's circuit opens, and closes by itself. */
const QUICK = [FAULTS.provider];

interface Tally {
  passed: number;
  skipped: number;
  /** One sentence each. */
  failures: string[];
}

/** Checks the configuration with Prometheus and Alertmanager, and one alert on a running stack. */
export async function checkAlerts(): Promise<Tally> {
  const tools = await installMonitoringTools();
  const files = await checkFiles(tools);
  const { alerts, metrics } = await drill(QUICK, () => {});
  const drilled = alerts.flatMap(({ error }) => error ? [error] : []);
  if (metrics) drilled.push(metrics);
  const failures = [...files.faults, ...drilled];
  for (const failure of failures) printError(failure);
  return {
    passed: files.passed + alerts.length + 1 - drilled.length,
    skipped: 0,
    failures,
  };
}
