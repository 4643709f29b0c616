import { alertsPage } from "./alerts.ts";
import { apiPage } from "./api.ts";
import { cliPage } from "./cli.ts";
import { clientAnswers } from "./client_answers.ts";
import { clientDatabase } from "./client_database.ts";
import { clientVocabulary } from "./client_vocabulary.ts";
import { consoleApi } from "./console_api.ts";
import { configurationPage } from "./configuration.ts";
import { consoleDatabase } from "./console_database.ts";
import { databaseTypes } from "./database_types.ts";
import { errorClassMigration } from "./error_class.ts";
import { errorsPage } from "./errors_page.ts";
import { importMaps } from "./import_maps.ts";
import { importsPage } from "./imports.ts";
import { limitsPage } from "./limits.ts";
import type { Product, Sources } from "./product.ts";
import { prometheusRules } from "./prometheus_rules.ts";
import { consoleRunbook } from "./runbook.ts";
import { schemaPage } from "./schema_page.ts";
import { schemaSql } from "./schema_sql.ts";
import { stageSwitches } from "./stage_switches.ts";
import { statusesPage } from "./statuses.ts";
import { thirdPartyPage } from "./third_party.ts";
import { versions } from "./version.ts";
import { vocabulary } from "./vocabulary.ts";

type Made<T> = T | T[] | Promise<T | T[]>;

/** What is declared in files. The database is built from some of it. */
export const FROM_DECLARATIONS: (() => Made<Product>)[] = [
  apiPage,
  cliPage,
  clientAnswers,
  configurationPage,
  consoleApi,
  consoleRunbook,
  errorClassMigration,
  errorsPage,
  importMaps,
  importsPage,
  stageSwitches,
  thirdPartyPage,
  versions,
];

/** What the migrations declare. */
export const FROM_DATABASE: ((sources: Sources) => Made<Product>)[] = [
  alertsPage,
  clientDatabase,
  clientVocabulary,
  consoleDatabase,
  databaseTypes,
  limitsPage,
  prometheusRules,
  schemaPage,
  schemaSql,
  statusesPage,
  vocabulary,
];
