import { fillAddress } from '../address/fill-address.js';
import { shownAddress } from '../address/shown-address.js';
import { RedrainError } from '../base/error.js';
import { EXIT } from '../base/exit-codes.js';

/** Where the jobs are kept, as it was configured. */
export interface QueuePlace {
  readonly kind: 'redis' | 'postgres';
  /** The address for the driver, with its secrets. */
  readonly url: string;
  /** The address for people. */
  readonly shown: string;
  /** Redis: what all keys begin with. PostgreSQL: the schema. */
  readonly space: string;
}

/** The address of the job queue makes no sense. */
export class QueueAddressError extends RedrainError {
  override readonly name = 'QueueAddressError';
  readonly code = 'QUEUE_ADDRESS';
  override readonly exitCode = EXIT.usage;
  constructor(
    readonly address: string,
    why: string,
  ) {
    super(`the address of the job queue, ${address}, cannot be used: ${why}`);
  }
}

const KINDS: Readonly<Record<string, QueuePlace['kind']>> = {
  'redis:': 'redis',
  'rediss:': 'redis',
  'postgres:': 'postgres',
  'postgresql:': 'postgres',
};

/** How an address names the space of its jobs. */
const SPACE = { redis: 'prefix', postgres: 'schema' } as const;
const ALLOWED = {
  redis: { pattern: /^[\w.:-]{1,100}$/, words: 'letters, digits and . : - _' },
  postgres: { pattern: /^[a-z_][a-z0-9_]{0,62}$/, words: 'small letters, digits and _' },
} as const;

/**
 * The place that an address names. Jobs of two homes do not mix unless both
 * addresses name the same space: without one it is made of the id of the home.
 *
 * @throws QueueAddressError.
 */
export function queuePlace(address: string, env: NodeJS.ProcessEnv, homeId: string): QueuePlace {
  const shown = shownAddress(address);
  const filled = fillAddress(address, env);
  if ('missing' in filled)
    throw new QueueAddressError(shown, `the variable ${filled.missing} is not set`);
  const text = filled.address;
  if (!URL.canParse(text)) throw new QueueAddressError(shown, 'it is no URL');
  const url = new URL(text);
  const kind = KINDS[url.protocol];
  if (kind === undefined)
    throw new QueueAddressError(shown, 'it must begin with redis://, rediss:// or postgres://');
  const given = url.searchParams.get(SPACE[kind]);
  url.searchParams.delete(SPACE[kind]);
  const space = given ?? ownSpace(kind, homeId);
  const { pattern, words } = ALLOWED[kind];
  if (!pattern.test(space))
    throw new QueueAddressError(shown, `${SPACE[kind]} may have ${words} only`);
  return { kind, url: url.href, shown, space };
}

function ownSpace(kind: QueuePlace['kind'], homeId: string): string {
  if (kind === 'redis') return `redrain:${homeId}`;
  return `redrain_jobs_${homeId.toLowerCase().replaceAll('-', '_')}`.slice(0, 63);
}
