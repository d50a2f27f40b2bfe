import { RedrainError } from '../base/error.js';
import { EXIT } from '../base/exit-codes.js';
import { plainMessage } from '../files/trouble.js';

/** The store of the jobs does not answer, or cannot be used. */
export class QueueStoreError extends RedrainError {
  override readonly name = 'QueueStoreError';
  readonly code = 'QUEUE_STORE';
  /** `address` as people are shown it. */
  constructor(
    readonly address: string,
    why: unknown,
  ) {
    super(`the job queue at ${address} cannot be used: ${reasonOf(why)}`, { cause: why });
  }
}

/** A package that the store of the jobs needs is not installed. */
export class QueuePackageError extends RedrainError {
  override readonly name = 'QueuePackageError';
  readonly code = 'QUEUE_PACKAGE_MISSING';
  override readonly exitCode = EXIT.usage;
  constructor(
    readonly address: string,
    readonly packages: readonly string[],
  ) {
    super(
      `the job queue at ${address} needs packages that are not installed (${packages.join(', ')}): run \`npm install ${packages.join(' ')}\` where redrain is installed`,
    );
  }
}

/** The database has no tables for the jobs yet, or older ones. */
export class QueueSchemaError extends RedrainError {
  override readonly name = 'QueueSchemaError';
  readonly code = 'QUEUE_SCHEMA';
  override readonly exitCode = EXIT.usage;
  constructor(
    readonly address: string,
    readonly schema: string,
  ) {
    super(`the job queue at ${address} has no tables of this version in the schema ${schema}`, {
      advice: '`redrain jobs init` makes them',
    });
  }
}

/** What drivers say when the connection is lost, or nobody answers. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/ECONNREFUSED/, 'nobody listens there'],
  [/ENOTFOUND|EAI_AGAIN/, 'no machine of that name was found'],
  [/Stream isn't writeable|max retries per request|Connection is closed/, 'the connection is lost'],
  [/Connection terminated|ECONNRESET|EPIPE/, 'the connection was ended by the other side'],
  [/Command timed out|query read timeout|timeout exceeded/i, 'it does not answer in time'],
  [/NOAUTH|WRONGPASS|password authentication/, 'it wants another user or password'],
];

/** True for what a driver says of the connection, and not of what was asked. */
export function isOfConnection(error: unknown): boolean {
  const text = `${(error as { code?: unknown } | null)?.code} ${plainMessage(error)}`;
  return WORDS.some(([pattern]) => pattern.test(text));
}

/** Drivers nest what happened, and some of their errors have no message of their own. */
function reasonOf(why: unknown): string {
  if (typeof why === 'string') return why;
  const text = plainMessage(why);
  const said = `${(why as { code?: unknown } | null)?.code} ${text}`;
  return WORDS.find(([pattern]) => pattern.test(said))?.[1] ?? text;
}
