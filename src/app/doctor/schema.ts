import { isRedrainError } from '../../base/error.js';
import {
  JournalArrivingError,
  JournalMovedError,
  NewerSchemaError,
  OlderSchemaError,
  StorageUnavailableError,
} from '../../files/storage-errors.js';
import { plainMessage } from '../../files/trouble.js';
import { type Finding, problem, type Remedy, warning } from '../../reports/finding.js';

const EVERYBODY = { stops: ['capture', 'dispatch', 'migrate', 'gc'] } as const;

/** Why the journal, or a part of it, cannot be read; each reason once. */
export function schemaFindings(errors: readonly unknown[]): Finding[] {
  const byMessage = new Map(errors.map((error) => [plainMessage(error), error]));
  return [...byMessage.values()].map(schemaFinding);
}

function schemaFinding(error: unknown): Finding {
  const message = plainMessage(error);
  if (error instanceof OlderSchemaError) return warning('schema', message, 'redrain now');
  if (error instanceof NewerSchemaError)
    return problem('schema', message, 'npm install --global redrain', EVERYBODY);
  if (error instanceof JournalMovedError)
    return problem('schema', message, remedyOfMove(error), EVERYBODY);
  if (error instanceof JournalArrivingError)
    return problem('schema', message, 'redrain storage import', EVERYBODY);
  return problem('schema', message, remedyOf(error), EVERYBODY);
}

const remedyOfMove = ({ isFinished }: JournalMovedError): Remedy =>
  isFinished
    ? { advice: '`redrain config set storage.url URL`, with the URL of that place' }
    : { advice: '`redrain storage import` finishes it; `--cancel` undoes it' };

function remedyOf(error: unknown): Remedy {
  if (error instanceof StorageUnavailableError) return REMEDIES[error.trouble];
  // The address is wrong, or its package is missing: nothing is wrong with a journal.
  if (isRedrainError(error)) return { advice: error.advice ?? REDO_ADDRESS };
  return REMEDIES.corrupt;
}

const REDO_ADDRESS = '`redrain config` shows the storage URL and where it comes from';

const REMEDIES: Readonly<Record<StorageUnavailableError['trouble'], Remedy>> = {
  busy: { advice: 'wait for the other process to end' },
  full: { advice: 'make room on this disk' },
  readonly: { advice: 'give this user back the right to write there' },
  corrupt: {
    advice: '`redrain verify`, then put a backup of journal.db in place (docs/operations.md)',
  },
  io: { advice: 'look at the disk: `dmesg` says what it reported' },
  limit: { advice: 'end programs that hold many files open, or raise `ulimit -n`' },
  replaced: { advice: 'start the command again' },
  unreachable: { advice: 'start the server, or correct the storage URL' },
  forbidden: 'redrain storage check',
};
