import { InvalidArgumentError } from "commander";
import {
  projectCommand,
  type ProjectOptions,
  readOperatorInput,
  runCommand,
} from "./deploy/operator.ts";
import { findProject, linkProject, readKeys } from "./deploy/project.ts";
import { prepareRelease } from "./deploy/release.ts";
import { OperatorError } from "./deploy/errors.ts";
import { SupabaseCli } from "./deploy/supabase_cli.ts";
import { examinePipeline, type Patient } from "./doctor/doctor.ts";
import { showFinding } from "./doctor/finding.ts";
import { LOCAL_KEYS } from "./stack/keys.ts";
import { urlFor } from "./stack/postgres/roles.ts";

interface DoctorOptions extends Omit<ProjectOptions, "project"> {
  project?: string;
  port: number;
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
    .option("--port <number>", "of the local stack", portOf, 54321)
    .option(
      "--round-trips",
      "also let the database call a worker, and send the webhook a signed call",
    )
    .option("--json", "an array of findings instead of lines")
    .parse(Deno.args, { from: "user" }).opts<DoctorOptions>();

  const patient = options.project
    ? await hosted({ ...options, project: options.project })
    : local(options);
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

/**
 * The stack of this repository and that of `supabase start` are at the same places: the database one port above the
 * gateway, its owner with the same password.
 */
function local({ port, source }: DoctorOptions): Patient {
  return {
    url: `http://127.0.0.1:${port}`,
    databaseUrl: urlFor("postgres", port + 1),
    publishableKey: LOCAL_KEYS.publishableKey,
    settings: {
      WEBHOOK_SIGNING_SECRET: LOCAL_KEYS.webhookSigningSecret,
    },
    source,
  };
}

async function hosted(options: ProjectOptions): Promise<Patient> {
  const { environment, secrets } = await readOperatorInput(options);
  if (!secrets.databasePassword) {
    throw new OperatorError(
      "SUPABASE_DB_PASSWORD is missing: most requirements are looked at in the database.",
      `Put it into .env.${environment.name}.`,
    );
  }
  await using release = await prepareRelease(options.source, environment);
  const cli = new SupabaseCli({ ...secrets, directory: release.directory });
  await findProject(cli, environment);
  return {
    url: environment.url,
    databaseUrl: await linkProject(
      cli,
      environment,
      release.directory,
      secrets.databasePassword,
    ),
    publishableKey: (await readKeys(cli, environment)).publishable,
    settings: { ...environment.settings, ...secrets.functions },
    source: options.source,
  };
}

function portOf(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65535) return port;
  throw new InvalidArgumentError("It must be a number from 1 to 65534.");
}

Deno.exit(await runCommand(main));
