/**
 * What the shipped rules become for a drill: patience of seconds where they have minutes and hours, and thresholds that
 * one small stack can pass. Their expressions stay the same.
 */
const THRESHOLDS: Record<string, [shipped: string, drilled: string]> = {
  PipelineRequestsSlow: ["> 30", "> 0.5"],
  PipelineStageSlow: ["> 30", "> 0.5"],
  PipelineQueueOld: ["> 300", "> 5"],
  PipelineJobsStuck: ["> 900", "> 5"],
  PipelineSchedulesSilent: ["> 60", "> 12"],
  PipelineCountersBehind: ["> 10000", "> 3"],
};

const WINDOW = "[20s]";
const FOR = "for: 1s";

/** The rules file for a drill. @throws if a threshold that it would change is not there */
export function drillRules(rules: string): string {
  return rules.split(/(?=^ +- alert: )/m).map((rule) => {
    const name = /- alert: (\w+)/.exec(rule)?.[1];
    const [shipped, drilled] = THRESHOLDS[name ?? ""] ?? ["", ""];
    if (!rule.includes(shipped)) {
      throw new Error(`${name} has no threshold "${shipped}"`);
    }
    return rule.replace(shipped, drilled)
      .replace(/for: \d+[smhd]/, FOR)
      .replaceAll(/\[\d+[smhd]\]/g, WINDOW);
  }).join("");
}

/** prometheus.yml, looking at this machine and every second. @param target where the metrics are scraped */
export function drillPrometheus(
  config: string,
  { target, alertmanager }: { target: string; alertmanager: string },
): string {
  return replaced(config, [
    ["scheme: https", "scheme: http"],
    ["<ref>.supabase.co", target],
    ["127.0.0.1:9093", alertmanager],
    ["scrape_interval: 30s", "scrape_interval: 1s"],
    ["scrape_timeout: 20s", "scrape_timeout: 1s"],
    ["evaluation_interval: 30s", "evaluation_interval: 1s"],
  ]);
}

/** alertmanager.yml, telling the drill's receiver at once. */
export function drillAlertmanager(config: string, receiver: string): string {
  return replaced(config.replaceAll("127.0.0.1:9094", receiver), [
    ["group_wait: 30s", "group_wait: 0s"],
    ["group_interval: 5m", "group_interval: 1s"],
  ]);
}

/** The last occurrence of each: those before it are in comments. */
function replaced(text: string, pairs: [string, string][]): string {
  return pairs.reduce((current, [from, to]) => {
    const at = current.lastIndexOf(from);
    if (at < 0) throw new Error(`the configuration has no "${from}"`);
    return current.slice(0, at) + to + current.slice(at + from.length);
  }, text);
}
