import { userInfo } from 'node:os';
import { RedrainError } from '../base/error.js';
import { EXIT } from '../base/exit-codes.js';

/** The tables stand in a schema of this name, unless the URL has `?schema=NAME`. */
const DEFAULT_SCHEMA = 'redrain';
const SCHEMA_NAME = /^[a-z_][a-z0-9_]{0,62}$/;

/** Where a journal is on a server. */
export interface Place {
  /** For the driver: the URL without what is ours. Holds the password. */
  readonly connectionString: string;
  readonly schema: string;
  /** For people: host, database and schema, and never the password. */
  readonly shown: string;
}

/** The storage URL is not one that this engine can use. */
export class StorageUrlError extends RedrainError {
  override readonly name = 'StorageUrlError';
  readonly code = 'STORAGE_URL_INVALID';
  override readonly exitCode = EXIT.badInput;
}

/** @throws StorageUrlError. */
export function placeOf(url: string): Place {
  const parsed = parse(url);
  const schema = parsed.searchParams.get('schema') ?? DEFAULT_SCHEMA;
  if (!SCHEMA_NAME.test(schema))
    throw new StorageUrlError(
      `the storage URL names the schema "${schema}": use lower case letters, digits and _, 63 at most`,
    );
  parsed.searchParams.delete('schema');
  // As PostgreSQL's own programs have it.
  if (parsed.username === '') parsed.username = userInfo().username;
  const database = decodeURIComponent(parsed.pathname.slice(1));
  const host = parsed.searchParams.get('host') ?? parsed.hostname;
  const shown = `PostgreSQL database "${database}" at ${host || 'localhost'}:${parsed.port || 5432}`;
  return {
    connectionString: parsed.href,
    schema,
    shown: schema === DEFAULT_SCHEMA ? shown : `${shown}, schema "${schema}"`,
  };
}

function parse(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^postgres(ql)?:$/.test(parsed.protocol))
    throw new StorageUrlError(
      'the storage URL is not one of PostgreSQL (postgres://HOST/DATABASE)',
    );
  if (parsed.pathname.length < 2)
    throw new StorageUrlError(
      'the storage URL names no database: put its name at the end (postgres://HOST/DATABASE)',
    );
  return parsed;
}
