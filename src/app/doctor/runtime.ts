import { createRequire } from 'node:module';
import { type Finding, warning } from '../../reports/finding.js';
import { type Check, fine } from './check.js';

/** The parts of this process that redrain did not write. */
export interface Runtime {
  readonly node: string;
  /** The version of better-sqlite3. */
  readonly driver: string;
}

/**
 * Node 24 from 24.19 on, with better-sqlite3 12 compiled against its headers,
 * ends processes at random (docs/compatibility.md).
 */
export function examineRuntime({ node, driver }: Runtime = thisRuntime()): (Finding | Check)[] {
  const what = `Node ${node}, better-sqlite3 ${driver}`;
  const [major = 0, minor = 0] = numbersOf(node);
  const [driverMajor = 0] = numbersOf(driver);
  if (major !== 24 || minor < 19 || driverMajor !== 12) return [fine('runtime', what)];
  const message = `${what}: built together, these can end a process at random with exit code 134; nothing is lost by it. Override better-sqlite3 with ^13.2.0, or use another line of Node (docs/compatibility.md)`;
  return [
    warning('runtime', message, { advice: '`npm ls better-sqlite3` shows which is installed' }),
  ];
}

function thisRuntime(): Runtime {
  const { version } = createRequire(import.meta.url)('better-sqlite3/package.json') as {
    version: string;
  };
  return { node: process.versions.node, driver: version };
}

const numbersOf = (version: string): number[] => version.split('.').map(Number);
