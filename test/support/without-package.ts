/**
 * Both a preload for `node --import` and what asks for it: the process finds no package of
 * this name, as where it was never installed.
 */
import * as nodeModule from 'node:module';

const VARIABLE = 'REDRAIN_TEST_WITHOUT_PACKAGE';
const unwanted = process.env[VARIABLE];

/** The environment of a child process that does not find a package. */
export function withoutPackage(name: string): Record<string, string> {
  return { NODE_OPTIONS: `--import=${import.meta.url}`, [VARIABLE]: name };
}

type Resolve = (specifier: string, context: unknown, next: Resolve) => unknown;

/** Its text is run in a thread of its own as well, and so it names nothing of this module. */
function resolveWithout(name: string): Resolve {
  return (specifier, context, next) => {
    if (specifier !== name) return next(specifier, context, next);
    throw Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' });
  };
}

/** Node 20 has no other way than `register`, and Node 26 warns of it. */
interface NewerNode {
  registerHooks?(hooks: { readonly resolve: Resolve }): void;
}

function hide(name: string): void {
  const { registerHooks } = nodeModule as NewerNode;
  if (registerHooks !== undefined) {
    registerHooks({ resolve: resolveWithout(name) });
    return;
  }
  const text = `export const resolve = (${resolveWithout})(${JSON.stringify(name)})`;
  nodeModule.register(`data:text/javascript,${encodeURIComponent(text)}`);
}

if (unwanted !== undefined) hide(unwanted);
