import type postgres from "postgres";

/** The schemas that the migrations make, in the order in which readers meet them. */
export const SCHEMAS = [
  "upload_pipeline",
  "pipeline_access",
  "pipeline_words",
  "pipeline_search",
  "pipeline_internal",
  "pipeline_monitoring",
  "pipeline_console",
];

/** For queries: the driver writes arrays wrongly in the first queries of a connection, while it reads the types of arrays. */
export const LISTED_SCHEMAS = SCHEMAS.join(",");

export interface Column {
  name: string;
  /** As SQL writes it. */
  type: string;
  typeId: number;
  isNullable: boolean;
  hasDefault: boolean;
  defaultText: string | null;
  /** Never written: generated, or an identity that is always drawn. */
  isGenerated: boolean;
  comment: string | null;
}

export interface ForeignKey {
  name: string;
  columns: string[];
  /** At most one row refers to each. */
  isOneToOne: boolean;
  targetSchema: string;
  target: string;
  targetColumns: string[];
}

export interface Relation {
  schema: string;
  name: string;
  kind: "table" | "view" | "composite";
  comment: string | null;
  columns: Column[];
  primaryKey: string[];
  foreignKeys: ForeignKey[];
}

export interface Parameter {
  name: string;
  typeId: number;
  hasDefault: boolean;
  /** Whether its default is null. */
  isOptional: boolean;
}

export interface Routine {
  schema: string;
  name: string;
  /** As SQL writes them. */
  signature: string;
  returns: string;
  comment: string | null;
  parameters: Parameter[];
  returnTypeId: number;
  returnsSet: boolean;
  /** Of `returns table` and `out` parameters. */
  resultColumns: { name: string; typeId: number }[];
}

export interface PgType {
  id: number;
  schema: string;
  name: string;
  kind: "base" | "composite" | "domain" | "enum" | "pseudo" | "range";
  /** Of an array: its elements' type; else 0. */
  elementId: number;
  /** Of a domain: what it restricts; else 0. */
  baseId: number;
  /** Of an enum, in its order. */
  labels: string[];
}

export interface Catalogue {
  relations: Relation[];
  routines: Routine[];
  types: Map<number, PgType>;
}

/** Reads what a database holds in the project's schemas; everything in one order, whatever was created first. */
export async function readCatalogue(sql: postgres.Sql): Promise<Catalogue> {
  const bySchema = (a: { schema: string }, b: { schema: string }) =>
    SCHEMAS.indexOf(a.schema) - SCHEMAS.indexOf(b.schema);
  const [relations, routines, types] = await Promise.all([
    readRelations(sql),
    readRoutines(sql),
    readTypes(sql),
  ]);
  return {
    relations: relations.toSorted(bySchema),
    routines: routines.toSorted(bySchema),
    types: new Map(types.map((type) => [type.id, type])),
  };
}

async function readRelations(sql: postgres.Sql): Promise<Relation[]> {
  const rows = await sql<Relation[]>`
    select n.nspname as schema, c.relname as name,
           case c.relkind when 'v' then 'view' when 'm' then 'view' when 'c' then 'composite' else 'table' end as kind,
           obj_description(c.oid, 'pg_class') as comment,
           (select jsonb_agg(jsonb_build_object(
                     'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'typeId', a.atttypid::bigint,
                     'isNullable', not a.attnotnull, 'hasDefault', a.atthasdef or a.attidentity <> '',
                     'defaultText', pg_get_expr(d.adbin, d.adrelid),
                     'isGenerated', a.attgenerated <> '' or a.attidentity = 'a',
                     'comment', col_description(c.oid, a.attnum)) order by a.attnum)
            from pg_attribute a
            left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
            where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
           coalesce((select jsonb_agg(a.attname order by k.n)
                     from pg_constraint p
                     cross join unnest(p.conkey) with ordinality k (attnum, n)
                     join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
                     where p.conrelid = c.oid and p.contype = 'p'), '[]') as "primaryKey",
           coalesce((select jsonb_agg(jsonb_build_object(
                       'name', f.conname,
                       'columns', (select jsonb_agg(a.attname order by k.n)
                                   from unnest(f.conkey) with ordinality k (attnum, n)
                                   join pg_attribute a on a.attrelid = f.conrelid and a.attnum = k.attnum),
                       'isOneToOne', exists (select from pg_index i
                                             where i.indrelid = c.oid and i.indisunique and i.indpred is null
                                               and i.indkey::int2[] <@ f.conkey),
                       'targetSchema', tn.nspname, 'target', t.relname,
                       'targetColumns', (select jsonb_agg(a.attname order by k.n)
                                         from unnest(f.confkey) with ordinality k (attnum, n)
                                         join pg_attribute a on a.attrelid = f.confrelid and a.attnum = k.attnum))
                       order by f.conname)
                     from pg_constraint f
                     join pg_class t on t.oid = f.confrelid
                     join pg_namespace tn on tn.oid = t.relnamespace
                     where f.conrelid = c.oid and f.contype = 'f'), '[]') as "foreignKeys"
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = any (string_to_array(${LISTED_SCHEMAS}, ',')) and c.relkind in ('r', 'p', 'v', 'm', 'c')
    order by c.relname`;
  return rows.map((row) => ({ ...row, columns: row.columns ?? [] }));
}

async function readRoutines(sql: postgres.Sql): Promise<Routine[]> {
  const rows = await sql<
    (Omit<Routine, "parameters" | "resultColumns"> & {
      names: string[] | null;
      modes: string[] | null;
      typeIds: number[];
      inputCount: number;
      defaultCount: number;
    })[]
  >`
    select n.nspname as schema, p.proname as name,
           pg_get_function_arguments(p.oid) as signature, pg_get_function_result(p.oid) as returns,
           obj_description(p.oid, 'pg_proc') as comment, p.prorettype::int as "returnTypeId", p.proretset as "returnsSet",
           to_jsonb(p.proargnames) as names, to_jsonb(p.proargmodes::text[]) as modes,
           to_jsonb(coalesce(p.proallargtypes, p.proargtypes::oid[])::int[]) as "typeIds",
           p.pronargs as "inputCount", p.pronargdefaults as "defaultCount"
    from pg_proc p
    join pg_namespace n on n.oid = p.pronamespace
    where n.nspname = any (string_to_array(${LISTED_SCHEMAS}, ',')) and p.prokind = 'f'
    order by p.proname, pg_get_function_arguments(p.oid)`;
  return rows.map(
    ({ names, modes, typeIds, inputCount, defaultCount, ...routine }) => {
      const all = typeIds.map((typeId, index) => ({
        name: names?.[index] ?? "",
        mode: modes?.[index] ?? "i",
        typeId,
      }));
      const inputs = all.filter(({ mode }) => "ibv".includes(mode));
      return {
        ...routine,
        parameters: inputs.map(({ name, typeId }, index) => ({
          name,
          typeId,
          hasDefault: index >= inputCount - defaultCount,
          isOptional: new RegExp(`\\b${name} [^,]* DEFAULT NULL\\b`).test(routine.signature),
        })),
        resultColumns: all.filter(({ mode }) => "bot".includes(mode))
          .map(({ name, typeId }) => ({ name, typeId })),
      };
    },
  );
}

async function readTypes(sql: postgres.Sql): Promise<PgType[]> {
  return await sql<PgType[]>`
    select t.oid::int as id, n.nspname as schema, t.typname as name,
           case t.typtype when 'c' then 'composite' when 'd' then 'domain' when 'e' then 'enum' when 'p' then 'pseudo'
                          when 'b' then 'base' else 'range' end as kind,
           case when t.typcategory = 'A' then t.typelem::int else 0 end as "elementId", t.typbasetype::int as "baseId",
           to_jsonb(array(select e.enumlabel from pg_enum e where e.enumtypid = t.oid order by e.enumsortorder)) as labels
    from pg_type t
    join pg_namespace n on n.oid = t.typnamespace`;
}
