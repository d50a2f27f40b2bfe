import { plainMessage, troubleWords } from '../files/trouble.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import type { Output } from './output.js';

/** The command line itself is wrong: exit 64. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Codes of errors that do not carry their own. */
const BY_NAME: Readonly<Record<string, ExitCode>> = {
  UsageError: EXIT.usage,
  NoHomeError: EXIT.usage,
  UnknownTargetError: EXIT.usage,
  UnknownTargetNameError: EXIT.usage,
  RetiredTargetError: EXIT.usage,
  UnknownEventError: EXIT.usage,
  UnknownAuditEntryError: EXIT.usage,
  UnknownConflictError: EXIT.usage,
  AmbiguousConflictError: EXIT.usage,
  ConflictDecidedError: EXIT.usage,
  ConflictErasedError: EXIT.usage,
  UnusableUrlError: EXIT.usage,
  UnnamedServerError: EXIT.usage,
  InterruptedError: EXIT.interrupted,
  InsecureBearerError: EXIT.blocked,
  CredentialStoreError: EXIT.blocked,
  UnknownArchiveError: EXIT.usage,
  UnknownJobError: EXIT.usage,
  JobStateError: EXIT.usage,
  ScheduleError: EXIT.usage,
  ArchiveDamagedError: EXIT.badInput,
  RetentionBusyError: EXIT.interrupted,
  InputSourceError: EXIT.badInput,
  SplitBrainError: EXIT.splitBrain,
  ConfigUnreadableError: EXIT.blocked,
  EventsLostError: EXIT.lost,
};

/** Errors whose message is meant for people; the stack of any other is shown with --verbose. */
const FOR_PEOPLE = new Set([
  ...Object.keys(BY_NAME),
  'ConfigEditError',
  'TomlEditError',
  'FileBusyError',
  'NotPlainFileError',
  'NetworkHomeError',
  'NewerSchemaError',
  'OlderSchemaError',
  'StorageUnavailableError',
  'LostLeaseError',
  'CannotServeError',
]);

/** Says what went wrong and answers the exit code of it. */
export function reportFailure(error: unknown, output: Output): ExitCode {
  const { name, stack } = error instanceof Error ? error : new Error(String(error));
  const message = plainMessage(error);
  output.error(message);
  if (!FOR_PEOPLE.has(name) && troubleWords(error) === undefined) {
    if (output.verbose) output.note(stack ?? '');
    else output.note('This was not expected: --verbose shows where it happened.');
  }
  const code = BY_NAME[name] ?? EXIT.internal;
  output.failure(message, code);
  return code;
}
