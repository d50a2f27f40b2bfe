/**
 * Both a preload for `node --import` and what asks for it: the process finds no package of
 * this name, as where it was never installed.
 */
import { register } from 'node:module';

const VARIABLE = 'REDRAIN_TEST_WITHOUT_PACKAGE';
const unwanted = process.env[VARIABLE];

/** The environment of a child process that does not find a package. */
export function withoutPackage(name: string): Record<string, string> {
  return { NODE_OPTIONS: `--import=${import.meta.url}`, [VARIABLE]: name };
}

/** Runs in a thread of its own, which sees nothing of this module. */
const hook = (name: string): string => `
  export async function resolve(specifier, context, next) {
    if (specifier !== ${JSON.stringify(name)}) return next(specifier, context);
    throw Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' });
  }`;

if (unwanted !== undefined) register(`data:text/javascript,${encodeURIComponent(hook(unwanted))}`);
