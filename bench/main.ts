import { type BenchArguments, readArguments, USAGE } from './arguments.js';
import { describeMachine } from './machine.js';
import { type BenchReport, reportText } from './report.js';
import { runGroups } from './rows.js';
import { Workspace } from './workspace.js';

/** `npm run bench`: the figures of docs/performance.md, product and floor in turn. */
async function main(): Promise<void> {
  const given = argumentsOrExit();
  const report = await bench(given);
  process.stdout.write(given.json ? `${JSON.stringify(report, null, 2)}\n` : reportText(report));
}

function argumentsOrExit(): BenchArguments {
  try {
    return readArguments(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${USAGE}`);
    return process.exit(64);
  }
}

async function bench({ groups, scale, rounds }: BenchArguments): Promise<BenchReport> {
  const started = performance.now();
  const rows = await runGroups(groups, {
    workspace: new Workspace(),
    rounds,
    scaled: (count, least) => Math.max(least, Math.round(count * scale)),
    say: (line) => process.stderr.write(`${line}\n`),
  });
  const duration_s = Math.round((performance.now() - started) / 100) / 10;
  return { machine: describeMachine(), scale, rounds, rows, duration_s };
}

await main();
