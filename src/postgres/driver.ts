import type * as Pg from 'pg';
import { RedrainError } from '../base/error.js';
import { EXIT } from '../base/exit-codes.js';

/** The part of the `pg` package that this engine uses. */
export type Driver = Pick<typeof Pg, 'Client' | 'types'>;
export type Client = Pg.Client;
/** What the driver makes of the answer to a statement. */
export type Result = Pg.QueryResult;

/** A PostgreSQL URL is set, and the package that speaks to PostgreSQL is not installed. */
export class MissingDriverError extends RedrainError {
  override readonly name = 'MissingDriverError';
  readonly code = 'DRIVER_MISSING';
  override readonly exitCode = EXIT.badInput;
  constructor(options?: ErrorOptions) {
    super(
      'the storage URL names PostgreSQL, and the package "pg" is not installed: install it beside redrain (npm install pg)',
      options,
    );
  }
}

/** Loads `pg`, an optional peer: nobody waits for it who names no PostgreSQL. */
export async function loadDriver(): Promise<Driver> {
  try {
    const { default: pg } = await import('pg');
    return pg;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new MissingDriverError({ cause: error });
  }
}
