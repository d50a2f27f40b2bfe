import { expect } from 'chai';
import { RetentionRightsError } from '../../src/app/retention-lock.js';
import { wholeText } from '../../src/base/advice.js';
import type { RedrainError } from '../../src/base/error.js';
import { failureText, UsageError } from '../../src/cli/failure.js';
import { ConflictDecidedError, UnknownConflictError } from '../../src/conflicts/conflict-store.js';
import {
  JournalMovedError,
  OlderSchemaError,
  StorageUnavailableError,
} from '../../src/files/storage-errors.js';
import { UnknownJobError } from '../../src/queue/errors.js';
import { SplitBrainError } from '../../src/spec-kitty/authority-errors.js';
import { RetiredTargetError } from '../../src/targets/registry.js';
import { CopyDiffersError } from '../../src/transfer/copy.js';

/** What programs read, what people are told to type, and what the command line shows of both. */
const ERRORS: readonly (readonly [RedrainError, message: string, advice: string, shown: string])[] =
  [
    [
      new UnknownConflictError('7'),
      'there is no conflict 7',
      '`redrain conflicts list --all` lists all conflicts',
      'there is no conflict 7: `redrain conflicts list --all` lists all conflicts',
    ],
    [
      new ConflictDecidedError({ id: 7, kept: 'journal' }),
      'conflict 7 was decided already: the journal payload was kept. Both are still there',
      '`redrain conflicts show 7`',
      'conflict 7 was decided already: the journal payload was kept. Both are still there: `redrain conflicts show 7`',
    ],
    [
      new OlderSchemaError('j.db'),
      'j.db has an older schema',
      'any writing command (for instance `redrain capture`) brings it up to date',
      'j.db has an older schema: any writing command (for instance `redrain capture`) brings it up to date',
    ],
    [
      new JournalMovedError('j.db', 'database x', false),
      'j.db: this journal is being copied to the database x',
      '`redrain storage import` finishes that, and `redrain storage import --cancel` undoes it',
      'j.db: this journal is being copied to the database x: `redrain storage import` finishes that, and `redrain storage import --cancel` undoes it',
    ],
    [
      new StorageUnavailableError('j.db', 'corrupt', 'page 3'),
      'j.db: the database is damaged (page 3)',
      '`redrain doctor` says what to do',
      'j.db: the database is damaged (page 3): `redrain doctor` says what to do',
    ],
    [
      new UnknownJobError('dispatch', '9'),
      'queue dispatch has no job 9',
      '`redrain jobs list` lists all jobs',
      'queue dispatch has no job 9: `redrain jobs list` lists all jobs',
    ],
    [
      new RetiredTargetError(1, 'a'),
      'the target a is retired and gets nothing',
      '`redrain targets restore a` brings it back',
      'the target a is retired and gets nothing: `redrain targets restore a` brings it back',
    ],
    [
      new SplitBrainError('https://a.example', 'https://b.example'),
      'two servers are named: config.toml says https://a.example, SPEC_KITTY_SAAS_URL says https://b.example, and SPEC_KITTY_SAAS_URL_MODE forbids the variable to decide. Nothing was sent.',
      'Run `redrain server https://b.example` to keep that one, or unset SPEC_KITTY_SAAS_URL to keep https://a.example.',
      'two servers are named: config.toml says https://a.example, SPEC_KITTY_SAAS_URL says https://b.example, and SPEC_KITTY_SAAS_URL_MODE forbids the variable to decide. Nothing was sent. Run `redrain server https://b.example` to keep that one, or unset SPEC_KITTY_SAAS_URL to keep https://a.example.',
    ],
    [
      new RetentionRightsError('database x', 'keeper'),
      'database x: gc, archive, restore and redact need the role "keeper", and the role of the storage URL is not a member of it',
      'name one that is, for this command alone, in REDRAIN_STORAGE_URL; `redrain storage check` says what a role may do',
      'database x: gc, archive, restore and redact need the role "keeper", and the role of the storage URL is not a member of it: name one that is, for this command alone, in REDRAIN_STORAGE_URL; `redrain storage check` says what a role may do',
    ],
    [
      new CopyDiffersError('database x', ['event: 2 rows, 1 there']),
      'database x: the copy is not equal: event: 2 rows, 1 there. Nothing was switched',
      '`redrain storage import --cancel` removes it, and the journal goes on where it was',
      'database x: the copy is not equal: event: 2 rows, 1 there. Nothing was switched: `redrain storage import --cancel` removes it, and the journal goes on where it was',
    ],
  ];

describe('an error with advice', () => {
  for (const [error, message, advice, shown] of ERRORS)
    it(`says what happened and what to type, apart: ${error.name}`, () => {
      expect(error.message).to.equal(message);
      expect(error.advice).to.equal(advice);
      expect(failureText(error)).to.equal(shown);
    });

  it('is not cut by what stands in its text', () => {
    const error = new UsageError('the name "a: `redrain now`" is not usable. It is taken');
    expect(error.message).to.equal('the name "a: `redrain now`" is not usable. It is taken');
    expect(error.advice).to.equal(undefined);
  });
});

describe('message and advice as one text', () => {
  it('are two sentences, or one with a colon', () => {
    expect(wholeText({ message: 'It is off.', advice: 'Run `redrain on`.' })).to.equal(
      'It is off. Run `redrain on`.',
    );
    expect(wholeText({ message: 'it is off', advice: 'run `redrain on`' })).to.equal(
      'it is off: run `redrain on`',
    );
    expect(wholeText({ message: 'it is off' })).to.equal('it is off');
  });
});
