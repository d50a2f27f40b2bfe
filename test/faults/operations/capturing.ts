import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { CaptureReport } from '../../../src/journal/capture-summary.js';
import { SCHEMA_VERSION } from '../../../src/sqlite/schema.js';
import { captured, envelopes, sendTo } from '../../processes/given-events.js';
import { payloadDigests, sha256 } from '../../processes/journal-rows.js';
import { type Cli, type CliResult } from '../../support/cli.js';
import { newEvents } from '../../support/events.js';
import { markAsNewer } from '../../support/faults.js';
import { stateOf } from '../../support/temporary-home.js';
import { WarmCli } from '../../support/warm-cli.js';
import { journalled, spooled, spoolOf } from '../home-state.js';
import type { Operation, Scene, Watched } from '../operation.js';

const COUNT = 3;
const LINES = envelopes(COUNT);
/** What a kill leaves unfinished goes when it is old enough to be nobody's. */
const HOURS_AGO = Date.now() / 1000 - 7_200;

/** The journal has exactly these bytes, each once. */
function assertJournalHas(cli: Cli, lines: readonly (string | Buffer)[]): void {
  const digests = [...payloadDigests(cli.home).values()];
  expect(digests).to.have.members(lines.map((line) => sha256(line)));
}

const answer = (again: CliResult): string => {
  const { captured: fresh, duplicates, spooled: kept } = again.json<CaptureReport>();
  return `says captured ${fresh}, duplicates ${duplicates}, spooled ${kept}`;
};

function captureIn(cli: Cli, lines: readonly string[]) {
  const file = cli.file('events.jsonl', lines);
  return (watched?: Watched) => cli.run(['capture', file, '--json'], watched);
}

const capture: Operation = {
  name: 'capture',
  command: 'redrain capture events.jsonl',
  async prepare(): Promise<Scene> {
    const cli = new WarmCli();
    return {
      cli,
      run: captureIn(cli, LINES),
      state: () => `journal: ${journalled(cli.home)} of ${COUNT} events`,
      answer,
      whole: () => assertJournalHas(cli, LINES),
    };
  },
};

const spool: Operation = {
  name: 'spool',
  command: 'redrain capture events.jsonl',
  async prepare(): Promise<Scene> {
    const cli = new WarmCli();
    sendTo(cli, 'stub:');
    await captured(cli, envelopes(1, 'before'));
    const journal = `${stateOf(cli.home)}/journal.db`;
    markAsNewer(journal, SCHEMA_VERSION + 1);
    return {
      cli,
      run: captureIn(cli, LINES),
      state: () => `spool: ${spooled(cli.home)} events`,
      answer,
      codes: [0],
      finish: async () => {
        markAsNewer(journal, SCHEMA_VERSION);
        for (const name of spoolOf(cli.home).unfinishedFiles())
          utimesSync(join(stateOf(cli.home), 'spool', name), HOURS_AGO, HOURS_AGO);
        await captured(cli, envelopes(1, 'after'));
      },
      whole: () =>
        assertJournalHas(cli, [...envelopes(1, 'before'), ...LINES, ...envelopes(1, 'after')]),
    };
  },
};

const ingestion: Operation = {
  name: 'ingestion',
  command: 'redrain capture events.jsonl',
  async prepare(): Promise<Scene> {
    const cli = new WarmCli();
    sendTo(cli, 'stub:');
    await captured(cli, envelopes(1, 'before'));
    const waiting = newEvents(7, 'spooled');
    spoolOf(cli.home).write(waiting);
    return {
      cli,
      run: captureIn(cli, LINES),
      state: () => `journal: ${journalled(cli.home)} of 11 events, spool: ${spooled(cli.home)}`,
      answer,
      whole: () =>
        assertJournalHas(cli, [
          ...envelopes(1, 'before'),
          ...waiting.map(({ bytes }) => bytes),
          ...LINES,
        ]),
    };
  },
};

export const CAPTURING: readonly Operation[] = [capture, spool, ingestion];
