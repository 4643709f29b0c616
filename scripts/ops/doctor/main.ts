import { InvalidArgumentError } from "commander";
import { runCommand } from "../../dev/terminal/run_command.ts";
import { DEFAULT_PORT } from "../../platform/stack/gateway_port.ts";
import { projectCommand, type ProjectOptions } from "../project/operator.ts";
import { examinePipeline } from "./doctor.ts";
import { showFinding } from "./finding.ts";
import { dockerPatient, hostedPatient, localPatient } from "./patients.ts";

interface DoctorOptions extends Omit<ProjectOptions, "project"> {
  project?: string;
  port: number;
  docker?: boolean;
  roundTrips?: boolean;
  json?: boolean;
}

/** `npm run doctor`: 0 if every requirement is met, 1 if one is not. */
async function main(): Promise<number> {
  const options = projectCommand(
    "doctor",
    "Looks at every requirement of a running pipeline. Reads only, unless --round-trips is given.",
  )
    .option(
      "--project <name>",
      "an environment of supabase/environments.toml; without it, the stack on this machine",
    )
    .option("--port <number>", "of the local stack", portOf, DEFAULT_PORT)
    .option("--docker", "the stack of `supabase start`, in place of ours")
    .option(
      "--round-trips",
      "also let the database call a worker, and send the webhook a signed call",
    )
    .option("--json", "an array of findings instead of lines")
    .parse(Deno.args, { from: "user" }).opts<DoctorOptions>();

  const patient = options.project
    ? await hostedPatient({ ...options, project: options.project })
    : options.docker
    ? await dockerPatient(options.source)
    : await localPatient(options);
  const findings = await examinePipeline(patient, {
    roundTrips: options.roundTrips ?? false,
  });
  const faults = findings.filter(({ status }) => status === "unmet").length;
  if (options.json) {
    console.log(JSON.stringify(findings, null, 2));
  } else {
    console.log(patient.url);
    for (const line of findings.flatMap(showFinding)) console.log(line);
    console.log(
      faults === 0
        ? "\nEvery requirement is met."
        : `\nNot met: ${faults} of ${findings.length}.`,
    );
  }
  return faults === 0 ? 0 : 1;
}

function portOf(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65535) return port;
  throw new InvalidArgumentError("It must be a number from 1 to 65534.");
}

Deno.exit(await runCommand(main));
