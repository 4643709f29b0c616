/** What is particular to a machine, a user or a shell; what is left out is as everywhere. */
export interface Environment {
  /** For people, after "in". */
  about: string;
  /** Nobody but its owner may enter what the clone lies in, as `/root` on every Debian. Needs root. */
  closed?: boolean;
  /** Somebody who is not root; whoever runs the check, if that is not root. */
  user?: "with a home" | "without a home";
  /** Of the clone. */
  folder?: string;
  /** In octal. */
  umask?: string;
  /** What the shell has set. */
  variables?: Record<string, string>;
  /** On the PATH: only what is needed, or other programs of the names that we use before them. */
  programs?: "needed alone" | "others first";
  /** Another program listens on the stack's port. */
  portTaken?: boolean;
  /** It is among the few that continuous integration looks at. */
  isQuick?: boolean;
}

/** Of a shell that works on other projects, in other languages. */
const OF_OTHERS = {
  PGHOST: "database.invalid",
  PGPORT: "1",
  PGUSER: "somebody",
  PGPASSWORD: "of-another-database",
  PGDATABASE: "another",
  PGSERVICE: "of-another",
  PGSSLMODE: "verify-full",
  PGOPTIONS: "-c search_path=nowhere",
  PGTARGETSESSIONATTRS: "read-only",
  DATABASE_URL: "postgres://somebody:secret@database.invalid/another",
  SUPABASE_URL: "https://another.invalid",
  SUPABASE_SECRET_KEY: "sb_secret_of_another",
  SUPABASE_WORKDIR: "/nonexistent",
  TEST_DATABASE_URL: "postgres://somebody:secret@database.invalid/another",
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

/** Of each, both commands of the README must hold. */
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
