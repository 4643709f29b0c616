import type { Tally } from "../test/checks.ts";
import { checkFiles } from "./check_files.ts";
import { drill } from "./drill.ts";
import { FAULTS } from "./faults.ts";
import { installMonitoringTools } from "./tools.ts";

/** The quickest of the drill's faults: a provider's circuit opens, and closes by itself. */
const QUICK = [FAULTS.provider];

/** What Prometheus and Alertmanager say of their files, and whether an alert comes and goes on a running stack. */
export async function checkAlerts(): Promise<Tally> {
  const tools = await installMonitoringTools();
  const files = await checkFiles(tools);
  for (const fault of files.faults) console.error(fault);
  const { alerts, metrics } = await drill(QUICK, () => {});
  for (const { error } of alerts) if (error) console.error(error);
  if (metrics) console.error(metrics);
  const failed = alerts.filter(({ error }) => error).length +
    (metrics ? 1 : 0);
  return {
    passed: files.passed + alerts.length + 1 - failed,
    failed: files.faults.length + failed,
    skipped: 0,
  };
}
