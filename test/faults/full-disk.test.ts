import { expect } from 'chai';
import { inPairs } from '../support/cli.js';
import { rounds } from '../support/rounds.js';
import { assertBelievable, temporaries } from './home-state.js';
import type { Operation } from './operation.js';
import { OPERATIONS } from './operations/all.js';

/** Where bytes go to the disk, by operation; these in `npm test`. */
const MAIN_WRITES: Readonly<Record<string, readonly string[]>> = {
  dispatch: ['dispatch.posted'],
  migrate: ['storage.commit'],
  archive: ['archive.data-written', 'storage.commit'],
  config: ['rewrite.claimed'],
  token: ['rewrite.filled'],
};

/** And these, too, in the long tests. */
const WRITES: Readonly<Record<string, readonly string[]>> = {
  capture: ['storage.commit'],
  spool: ['spool.write', 'spool.written'],
  ingestion: ['storage.commit'],
  dispatch: ['storage.commit', 'dispatch.posted'],
  replay: ['storage.commit'],
  migrate: ['migrate.copied', 'storage.commit'],
  cleanup: ['migrate.rename-noted'],
  archive: ['archive.data-written', 'archive.manifest-synced', 'storage.commit'],
  restore: ['storage.commit', 'archive.manifest-synced'],
  gc: ['storage.commit'],
  redact: ['storage.commit', 'redact.archive-rewritten'],
  config: ['rewrite.claimed', 'rewrite.filled'],
  login: ['rewrite.claimed', 'rewrite.filled'],
  token: ['rewrite.claimed', 'rewrite.filled'],
  conflict: ['storage.commit'],
  repair: ['storage.commit'],
};

const TRIED = rounds(0, 1) === 1 ? WRITES : MAIN_WRITES;

async function fillsUpAt(operation: Operation, step: string): Promise<void> {
  const scene = await operation.prepare();
  const full = await scene.run({ full: { step, nth: 1 } });
  const said = full.stdout + full.stderr;
  expect(full.signal, said).to.equal(null);
  expect(said).to.not.match(/\n\s+at .*\.js:\d+/);
  if (full.code === 0) expect(said).to.match(/"(spooled|damaged|failed)": [1-9]/);
  else expect(said).to.match(/disk is full|no space left/i);
  await scene.safe?.();
  expect(
    temporaries(scene.cli.home).filter((name) => !name.startsWith('archive/')),
    'unfinished files',
  ).to.deep.equal([]);
  const again = await scene.run();
  expect(scene.codes ?? [0], again.stderr).to.include(again.code);
  await scene.safe?.();
  await scene.finish?.();
  await scene.whole();
  await assertBelievable(scene.cli.home, `${operation.command}, disk full at ${step}`);
}

describe('a disk that is full in the middle of', function () {
  this.timeout(rounds(120_000, 600_000));

  for (const operation of OPERATIONS.filter(({ name }) => name in TRIED))
    it(`${operation.name} is reported, and loses nothing`, async () => {
      const steps = TRIED[operation.name] ?? [];
      const failures: unknown[] = [];
      await inPairs(steps, (step) =>
        fillsUpAt(operation, step).catch((error: Error) => {
          error.message = `at ${step}: ${error.message}`;
          failures.push(error);
        }),
      );
      // Only now, as nothing of the other lane may outlive the test.
      if (failures.length > 0) throw failures[0];
    });
});
