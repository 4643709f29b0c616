/** The properties of a machine, a user or a shell that differ from the default. */
export interface Environment {
  /** For display, after "in". */
  about: string;
  /** The clone's parent folder is closed to other users, as `/root` is on Debian. Needs root. */
  closed?: boolean;
  /** A user other than root; the current user when the check does not run as root. */
  user?: "with a home" | "without a home";
  /** The clone's folder. */
  folder?: string;
  /** In octal. */
  umask?: string;
  /** Variables of the shell. */
  variables?: Record<string, string>;
  /** Programs on the PATH: only the needed ones, or other programs of the same names before them. */
  programs?: "needed alone" | "others first";
  /** Another program listens on the stack's port. */
  portTaken?: boolean;
  /** Part of continuous integration. */
  isQuick?: boolean;
}

/** The shell of a user with other projects in other languages. */
const OF_OTHERS = {
  PGHOST: "database.invalid",
  PGPORT: "1",
  PGUSER: "another",
  PGPASSWORD: "of-another-database",
  PGDATABASE: "another",
  PGSERVICE: "of-another",
  PGSSLMODE: "verify-full",
  PGOPTIONS: "-c search_path=nowhere",
  PGTARGETSESSIONATTRS: "read-only",
  DATABASE_URL: "postgres://another:secret@database.invalid/another",
  SUPABASE_URL: "https://another.invalid",
  SUPABASE_SECRET_KEY: "sb_secret_of_another",
  SUPABASE_WORKDIR: "/nonexistent",
  TEST_DATABASE_URL: "postgres://another:secret@database.invalid/another",
  GIT_DIR: "/nonexistent",
  GIT_WORK_TREE: "/nonexistent",
  NODE_ENV: "production",
  NODE_OPTIONS: "--max-old-space-size=2048",
  NODE_PATH: "/nonexistent",
  DENO_DIR: "/nonexistent",
  DENO_NO_PACKAGE_JSON: "1",
  LD_LIBRARY_PATH: "/nonexistent",
  npm_config_omit: "dev",
  npm_config_ignore_scripts: "true",
  TZ: "Pacific/Chatham",
};

/** Both commands of the README must work in each. */
export const ENVIRONMENTS: Record<string, Environment> = {
  closed: { about: "a folder that only root may enter, as root", closed: true },
  user: { about: "an ordinary user's folder", user: "with a home" },
  homeless: {
    about: "a folder of a user without name and home",
    user: "without a home",
  },
  path: {
    about: "a path with spaces and letters outside ASCII",
    folder: "Müllers Ablage/パイプ line & 100%",
  },
  umask: { about: "a shell with umask 077", umask: "077" },
  locale: {
    about: "a shell with LANG=C",
    variables: { LANG: "C", LC_ALL: "C" },
  },
  others: {
    about: "a machine with older programs first on the PATH",
    programs: "others first",
  },
  bare: {
    about: "a machine with no Postgres client, and little else",
    programs: "needed alone",
  },
  shell: {
    about: "a shell that is set up for other projects",
    variables: OF_OTHERS,
  },
  port: { about: "a machine whose port 54321 is taken", portTaken: true },
  together: {
    about: "most of these at once, as a user without a home",
    user: "without a home",
    folder: "Müllers Ablage/パイプ line",
    umask: "027",
    variables: { ...OF_OTHERS, LANG: "C" },
    programs: "others first",
    portTaken: true,
    isQuick: true,
  },
};
