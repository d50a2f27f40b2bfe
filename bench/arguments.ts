import { parseArgs } from 'node:util';
import { ROW_GROUPS, type RowGroup } from './rows.js';

/** What the command line of `npm run bench` asks for. */
export interface BenchArguments {
  /** What a user would pick in place of redrain, in place of the floors. */
  readonly peers: boolean;
  /** One JSON document in place of the table. */
  readonly json: boolean;
  readonly groups: readonly RowGroup[];
  /** Multiplies every number of events; 1 is what docs/performance.md was measured with. */
  readonly scale: number;
  /** How many times product and floor take turns. */
  readonly rounds: number;
}

export const USAGE =
  'usage: npm run bench -- [peers] [--json] [--rows GROUP,…] [--scale FACTOR] [--rounds N]\n' +
  `groups: ${ROW_GROUPS.join(', ')}\n`;

/** @throws Error with one line that says which argument cannot be used. */
export function readArguments(given: readonly string[]): BenchArguments {
  const { values, positionals } = parseArgs({
    args: [...given],
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      rows: { type: 'string', default: ROW_GROUPS.join(',') },
      scale: { type: 'string', default: '1' },
      rounds: { type: 'string', default: '5' },
    },
  });
  const unknown = positionals.find((word) => word !== 'peers');
  if (unknown !== undefined) throw new Error(`there is no bench "${unknown}", only peers`);
  return {
    peers: positionals.length > 0,
    json: values.json,
    groups: values.rows.split(',').map(groupNamed),
    scale: positive('--scale', values.scale),
    rounds: Math.ceil(positive('--rounds', values.rounds)),
  };
}

function groupNamed(name: string): RowGroup {
  const group = ROW_GROUPS.find((one) => one === name.trim());
  if (group === undefined)
    throw new Error(`--rows: there is no group "${name}", only ${ROW_GROUPS.join(', ')}`);
  return group;
}

function positive(flag: string, text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < Number.POSITIVE_INFINITY))
    throw new Error(`${flag} needs a number above 0, got "${text}"`);
  return value;
}
