import { type BenchArguments, readArguments, USAGE } from './arguments.js';
import type { BenchSurroundings } from './bench-surroundings.js';
import { describeMachine } from './machine.js';
import { type BenchReport, COLUMNS, reportText } from './report.js';
import { runGroups } from './rows.js';
import { Workspace } from './workspace.js';

/**
 * `npm run bench`: the figures of docs/performance.md, product and floor in turn.
 * `npm run bench -- peers`: redrain and what a user would pick in its place, in turn.
 */
async function main(): Promise<void> {
  const given = argumentsOrExit();
  process.stdout.write(given.peers ? await benchOfPeers(given) : await benchOfFloors(given));
}

function argumentsOrExit(): BenchArguments {
  try {
    return readArguments(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${USAGE}`);
    return process.exit(64);
  }
}

async function benchOfFloors(given: BenchArguments): Promise<string> {
  const report = await bench(given, (at) => runGroups(given.groups, at));
  return given.json ? documentOf(report) : reportText(report, COLUMNS);
}

async function benchOfPeers(given: BenchArguments): Promise<string> {
  const [{ peersReport }, { PEER_COLUMNS }] = await Promise.all([
    import('./peers/peers-report.js'),
    import('./peers/peer-columns.js'),
  ]);
  const report = await bench(given, peersReport);
  return given.json ? documentOf(report) : reportText(report, PEER_COLUMNS);
}

const documentOf = (report: object): string => `${JSON.stringify(report, null, 2)}\n`;

async function bench<Row>(
  { scale, rounds }: BenchArguments,
  run: (at: BenchSurroundings) => Promise<Row[]>,
): Promise<BenchReport<Row>> {
  const started = performance.now();
  const rows = await run({
    workspace: new Workspace(),
    rounds,
    scaled: (count, least) => Math.max(least, Math.round(count * scale)),
    say: (line) => process.stderr.write(`${line}\n`),
  });
  const duration_s = Math.round((performance.now() - started) / 100) / 10;
  return { machine: describeMachine(), scale, rounds, rows, duration_s };
}

await main();
