import pg from 'pg';
import { closeAfterTest } from './temporary-home.js';

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

/** A statement as it goes to the server. */
interface Sent {
  text: string;
  values: readonly unknown[];
}

/** What the program asks a client for: statements of a round trip, which it sends itself. */
interface Trip {
  submit?(wire: object): unknown;
}

type Query = (this: pg.Client, trip: Trip | string, ...more: unknown[]) => unknown;

/**
 * Runs each statement of the program's connections a first time under EXPLAIN ANALYZE, takes that
 * back, and notes what it read. What writes is planned without looking at its values, as
 * PostgreSQL may plan what it has prepared.
 */
export function watchRowsRead(): RowsRead[] {
  const seen: RowsRead[] = [];
  const prototype = pg.Client.prototype as unknown as { query: Query };
  const query = prototype.query;
  closeAfterTest(() => {
    prototype.query = query;
  });
  prototype.query = async function (trip, ...more) {
    const run = (text: string) =>
      query.call(this, text) as Promise<{ rows: Record<string, unknown>[] }>;
    for (const { text, values } of planned(trip))
      seen.push(await explained(run, this, text, values));
    return query.call(this, trip, ...more);
  };
  return seen;
}

/** Statements of a round trip that have a plan: neither BEGIN nor SET, and nothing of a test. */
function planned(trip: Trip | string): Sent[] {
  if (typeof trip === 'string') return [];
  const sent: Sent[] = [];
  const nothing = (): void => undefined;
  trip.submit?.({
    stream: { cork: nothing, uncork: nothing },
    parsedStatements: {},
    submittedNamedStatements: {},
    parse: ({ text }: { readonly text: string }) => sent.push({ text, values: [] }),
    bind: ({ values = [] }: Partial<Sent> = {}) => {
      (sent.at(-1) as Sent).values = values;
    },
    describe: nothing,
    execute: nothing,
    sync: nothing,
  });
  return sent
    .map(({ text, values }) => ({ text: COPIED.exec(text)?.[1] ?? text, values }))
    .filter(({ text }) => /^\s*(SELECT|WITH|INSERT|UPDATE|DELETE)\b/.test(text));
}

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
