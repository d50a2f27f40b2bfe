import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Cli } from './cli.js';
import { temporaryHome } from './temporary-home.js';

/** As V8 writes it down. */
interface Report {
  readonly result: readonly { readonly url: string }[];
}

/** The files that a command loaded, ours and those of packages. */
export async function loadedFiles(
  cli: Cli,
  args: readonly string[],
  stdin = '',
): Promise<{ own: string[]; ofPackages: string[] }> {
  const reports = temporaryHome();
  const options = { stdin, env: { NODE_V8_COVERAGE: reports } };
  const run = await (args[0] === '__complete'
    ? cli.startBare(args, options).exited
    : cli.run(args, options));
  expect(run.stderr, args.join(' ')).to.equal('');
  const files = readdirSync(reports)
    .map((name) => JSON.parse(readFileSync(join(reports, name), 'utf8')) as Report)
    .flatMap(({ result }) => result.map(({ url }) => url))
    .filter((url) => url.startsWith('file:'));
  const isOfPackage = (url: string): boolean => url.includes('/node_modules/');
  return {
    own: files.filter((url) => !isOfPackage(url)),
    ofPackages: files.filter(isOfPackage),
  };
}
