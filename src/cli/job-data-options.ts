import path from 'node:path';
import type { JobData, JobKind } from '../app/jobs/job-kinds.js';
import { checkoutOf } from '../policy/checkout-of.js';
import type { CommandCall } from './command.js';

type Options = CommandCall['options'];

/** What the command line says of a job, as the job carries it. */
export const DATA_OF: { readonly [K in JobKind]: (call: CommandCall) => JobData<K> } = {
  capture: ({ args, options }) => ({
    files: args.map((file) => path.resolve(file)),
    checkout: checkoutOf(process.cwd()),
    auditDiscard: options.auditDiscard === true,
    rules: given(options, ['type', 'idField', 'typeField', 'timeField']),
  }),
  dispatch: () => ({}),
  migrate: ({ options }) => given(options, ['dryRun']),
  gc: ({ options }) => given(options, ['yes', 'keepDays', 'vacuum']),
  archive: ({ options }) => given(options, ['yes', 'keepDays', 'includeUndelivered']),
};

/** Only what was given: defaults belong to the job's kind. */
export function given(options: Options, names: readonly string[]): Record<string, never> {
  return Object.fromEntries(
    names.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]),
  ) as Record<string, never>;
}
