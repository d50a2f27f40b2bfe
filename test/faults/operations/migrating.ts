import { expect } from 'chai';
import { payloadDigests, sha256 } from '../../processes/journal-rows.js';
import {
  givenHome,
  oldEvents,
  oldFilesOf,
  writeQueue,
  writeWalQueue,
} from '../../spec-kitty/legacy/old-queues.js';
import { type Cli } from '../../support/cli.js';
import { WarmCli } from '../../support/warm-cli.js';
import { journalled } from '../home-state.js';
import type { Operation, Scene } from '../operation.js';

const FIRST = oldEvents(3, 'a');
const SECOND = oldEvents(2, 'b');
const LATER = oldEvents(2, 'c');
const ALL = [...FIRST, ...SECOND, ...LATER];

function givenQueues(): { cli: Cli; files: () => string[]; contents: () => string[] } {
  const cli = new WarmCli();
  const paths = givenHome(cli.home);
  writeQueue(paths.legacyQueue, { rows: FIRST });
  writeWalQueue(`${paths.queuesDir}/queue-0000000000000001.db`, SECOND, LATER);
  const old = (): [string, string][] =>
    Object.entries(oldFilesOf(paths)).filter(([name]) => !name.endsWith('-shm'));
  return {
    cli,
    files: () => old().map(([name]) => name),
    contents: () => old().map(([, seen]) => seen),
  };
}

function assertAllIn(cli: Cli): void {
  const digests = ALL.map(({ eventId, data }) => [String(eventId), sha256(data)] as const);
  expect(payloadDigests(cli.home)).to.deep.equal(new Map(digests));
}

const migrate: Operation = {
  name: 'migrate',
  command: 'redrain migrate',
  steps: /^(migrate|storage)\./,
  async prepare(): Promise<Scene> {
    const { cli, contents } = givenQueues();
    const before = contents();
    return {
      cli,
      run: (watched) => cli.run(['migrate', '--json'], watched),
      state: () => `journal: ${journalled(cli.home)} of ${ALL.length} events`,
      safe: () => {
        expect(contents(), 'the old files').to.deep.equal(before);
      },
      whole: () => assertAllIn(cli),
    };
  },
};

const cleanup: Operation = {
  name: 'cleanup',
  command: 'redrain migrate --cleanup --yes',
  steps: /^migrate\.(rename|sidecars)/,
  async prepare(): Promise<Scene> {
    const { cli, files, contents } = givenQueues();
    const before = contents();
    const renamed = (): number => files().filter((name) => name.endsWith('.migrated')).length;
    return {
      cli,
      run: (watched) => cli.run(['migrate', '--cleanup', '--yes', '--json'], watched),
      state: () => `${renamed()} of 2 queue files renamed`,
      safe: () => {
        expect(contents(), 'the old files').to.include.members(before);
      },
      whole: () => {
        assertAllIn(cli);
        expect(files().filter((name) => !name.includes('.migrated'))).to.deep.equal([]);
        expect(contents()).to.have.members(before);
      },
    };
  },
};

export const MIGRATING: readonly Operation[] = [migrate, cleanup];
