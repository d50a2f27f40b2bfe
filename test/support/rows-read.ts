import pg from 'pg';
import { beforeEachTrip, type Sent, sentIn } from './postgres-trips.js';

/** A statement that the program ran, and how many rows of tables its plan went through. */
export interface RowsRead {
  readonly statement: string;
  readonly rows: number;
  /** What it did with the tables, a line for each. */
  readonly plan: string;
}

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Join Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly Plans?: readonly PlanNode[];
}

/**
 * Runs each statement of the program's connections a first time under EXPLAIN ANALYZE, takes that
 * back, and notes what it read. What writes is planned without looking at its values, as
 * PostgreSQL may plan what it has prepared.
 */
export function watchRowsRead(): RowsRead[] {
  const seen: RowsRead[] = [];
  beforeEachTrip(async (client, trip) => {
    const run = async (text: string) => client.query(text);
    for (const { text, values } of sentIn(trip).map(uncopied))
      if (HAS_PLAN.test(text)) seen.push(await explained(run, client, text, values));
  });
  return seen;
}

const uncopied = ({ text, values }: Sent): Sent => ({
  text: COPIED.exec(text)?.[1] ?? text,
  values,
});

/** Neither BEGIN nor SET. */
const HAS_PLAN = /^\s*(SELECT|WITH|INSERT|UPDATE|DELETE)\b/;
const COPIED = /^COPY \(([\s\S]*)\) TO STDOUT/;

async function explained(
  run: (text: string) => Promise<{ rows: Record<string, unknown>[] }>,
  client: pg.Client,
  statement: string,
  values: readonly unknown[],
): Promise<RowsRead> {
  const isOpen = client.getTransactionStatus() === 'T';
  await run(isOpen ? 'SAVEPOINT watched' : 'BEGIN');
  const isWriter = await run("SELECT current_setting('default_transaction_read_only') AS only");
  if (isWriter.rows[0]?.only === 'off') await run('SET LOCAL plan_cache_mode = force_generic_plan');
  await run(`PREPARE watched AS ${statement}`);
  const given = values.length === 0 ? '' : `(${values.map(literal).join(', ')})`;
  const { rows } = await run(`EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) EXECUTE watched${given}`);
  await run('DEALLOCATE watched');
  await run(isOpen ? 'ROLLBACK TO SAVEPOINT watched; RELEASE SAVEPOINT watched' : 'ROLLBACK');
  const [found] = rows as { 'QUERY PLAN': [{ Plan: PlanNode }] }[];
  const plan = found?.['QUERY PLAN'][0].Plan;
  if (plan === undefined) throw new Error(`no plan of ${statement}`);
  const nodes = nodesOf(plan).filter((node) => node['Relation Name'] !== undefined);
  return {
    statement,
    rows: nodesOf(plan).reduce((sum, node) => sum + rowsOf(node), 0),
    plan: nodes.map(lineOf).join('\n'),
  };
}

/** The driver shows it, and does not declare it. */
const UTILS = (pg as unknown as { readonly utils: { prepareValue(value: unknown): unknown } })
  .utils;

function literal(value: unknown): string {
  const text = UTILS.prepareValue(value);
  if (text === null) return 'NULL';
  return pg.escapeLiteral(Buffer.isBuffer(text) ? `\\x${text.toString('hex')}` : String(text));
}

const nodesOf = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

/** Rows that a table gave, and those that it read and left out. */
function rowsOf(node: PlanNode): number {
  const isScan = node['Relation Name'] !== undefined && node['Node Type'].includes('Scan');
  const inVain =
    (node['Rows Removed by Filter'] ?? 0) +
    (node['Rows Removed by Join Filter'] ?? 0) +
    (node['Rows Removed by Index Recheck'] ?? 0);
  return ((isScan ? node['Actual Rows'] : 0) + inVain) * node['Actual Loops'];
}

const lineOf = (node: PlanNode): string =>
  `${node['Node Type']} on ${node['Relation Name']} ${node['Index Name'] ?? ''}: ${rowsOf(node)}`;
