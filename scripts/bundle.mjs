// Bundles what was compiled into dist/ for release: lib/ holds the command line,
// the library and its other entry points as few files. Packages stay outside.
//
// Modules share a file when the same of the everyday commands need them, and the
// same of the packages that take long to load: starting a command then loads no
// code and no package that it could do without, and few files.
import { chmodSync, cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { transform } from 'esbuild';
import { rollup } from 'rollup';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = (path) => join(root, 'dist', path);
const lib = join(root, 'lib');

const ENTRIES = {
  cli: dist('src/cli/main.js'),
  index: dist('src/index.js'),
  entities: dist('src/entities.js'),
  queue: dist('src/queue/index.js'),
  receive: dist('src/receive/index.js'),
  ormconfig: dist('ormconfig.js'),
  // Run by the others, each in a process or thread of its own (src/files/child-script.ts).
  'children/compact-child': dist('src/files/compact-child.js'),
  'children/verify-thread': dist('src/sqlite/verification/verify-thread.js'),
};

/** Its import runs the command line: it shares a file with nothing. */
const STARTS = dist('src/cli/run.js');

/** Commands that only look, or set something: they share most of what they need. */
const LOOKS = ['events', 'inspect', 'targets', 'doctor', 'mode', 'config'].map(
  (name) => `cli/${name}`,
);

/**
 * What everyday starts load, now or a moment later: the version, any command, the
 * commands that scripts type all the time, completion at each key, the kit that other
 * programs load without the rest. A module goes where all go that the same starts need.
 */
const EVERYDAY = [
  ['cli/main'],
  ['cli/run', 'cli/failure', 'config/toml', 'config/parse'],
  ['cli/capture'],
  ['cli/status'],
  ['cli/now', 'app/drain-target'],
  LOOKS,
  ['cli/completion/answer', 'app/neutral-home', 'config/parse', 'config/toml'],
  ['receive/index'],
].map((names) => names.map((name) => dist(`src/${name}.js`)));

/** The version, completion and the kit load nothing for the sake of others: their files stay as they are. */
const QUICK = new Set([0, 6, 7]);

/** Packages and parts of Node that take milliseconds to load, by a word for each sort. */
const SLOW = {
  typeorm: ['typeorm', 'reflect-metadata'],
  net: ['node:http', 'node:https', 'node:http2', 'node:net', 'node:tls'],
  hono: ['hono', 'hono/html', '@hono/node-server', '@hono/node-server/utils/response'],
  queue: ['liteque', 'croner'],
  log: ['pino', 'prom-client'],
};
const SORT_OF = new Map(
  Object.entries(SLOW).flatMap(([sort, names]) => names.map((name) => [name, sort])),
);

/** Folders of src/ with files of their own, as no other folder needs them; all others are `core`. */
const PLACES = {
  cli: 'commands',
  workers: 'workers',
  observatory: 'pages',
  hub: 'hub',
  bullmq: 'bullmq',
  postgres: 'postgres',
};
/** Whoever loads one module of these loads nearly all of them, and what takes long with them. */
const WHOLE = new Set(['pages', 'hub', 'bullmq', 'postgres']);

/** Files of fewer characters join one that more starts load, so that the package has fewer than 100 files. */
const SMALL = 40_000;

/** What `needs` found before. */
const known = new Map();
/** The file of each module, once all modules are known. */
let files;

rmSync(lib, { recursive: true, force: true });
const bundle = await rollup({
  input: ENTRIES,
  external: (id) => !id.startsWith('.') && !id.startsWith(root),
  onwarn(warning, warn) {
    // What TypeScript writes for decorators asks for `this`, which is undefined in a module.
    if (warning.code !== 'THIS_IS_UNDEFINED') warn(warning);
  },
});
await bundle.write({
  dir: lib,
  format: 'esm',
  chunkFileNames: 'chunks/[name]-[hash].js',
  hoistTransitiveImports: false,
  onlyExplicitManualChunks: true,
  manualChunks: fileOf,
  plugins: [{ name: 'without comments', renderChunk: withoutComments }],
});
chmodSync(join(lib, 'cli.js'), 0o755);
// Style sheet and script of the pages of `redrain open`, as they are.
cpSync(join(root, 'src/observatory/assets'), join(lib, 'assets'), { recursive: true });

// What completion and the man page say is what the program declares.
const { programTree } = await import(pathToFileURL(dist('src/cli/completion/program-tree.js')));
const tree = await programTree();
writeFileSync(join(lib, 'commands.json'), JSON.stringify(tree));
const { manPage } = await import(pathToFileURL(dist('src/cli/man-page.js')));
mkdirSync(join(lib, 'man'));
writeFileSync(join(lib, 'man', 'redrain.1'), manPage(tree, buildDate()));

/** The name of the file that a module goes to; none for the modules that start something. */
function fileOf(id, graph) {
  files ??= filesOf(graph);
  return files.get(id);
}

/** Modules that the same starts need share a file; a small file joins a larger one. */
function filesOf({ getModuleIds, getModuleInfo }) {
  const byFile = new Map();
  for (const id of getModuleIds()) {
    const file = getModuleInfo(id).isExternal ? undefined : groupOf(id, getModuleInfo);
    if (file !== undefined) byFile.set(file, [...(byFile.get(file) ?? []), id]);
  }
  const sizeOf = (file) =>
    byFile.get(file).reduce((sum, id) => sum + getModuleInfo(id).code.length, 0);
  for (const file of [...byFile.keys()].sort((a, b) => sizeOf(a) - sizeOf(b))) {
    const into = sizeOf(file) < SMALL ? nextLarger(file, byFile) : undefined;
    if (into === undefined) continue;
    byFile.get(into).push(...byFile.get(file));
    byFile.delete(file);
  }
  return new Map([...byFile].flatMap(([file, ids]) => ids.map((id) => [id, file])));
}

/** The file that all starts load which load this one, and the fewest others. */
function nextLarger(file, byFile) {
  const [starts, sorts] = startsOf(file);
  if (starts === undefined) return undefined;
  const others = [...byFile.keys()].filter((other) => {
    const [theirs, sortsOfOther] = startsOf(other);
    if (other === file || theirs === undefined || sortsOfOther !== sorts) return false;
    return [...starts].every((bit, at) =>
      QUICK.has(at) ? bit === '0' && theirs[at] === '0' : bit === '0' || theirs[at] === '1',
    );
  });
  const many = (name) => startsOf(name)[0].replaceAll('0', '').length;
  return others.sort((a, b) => many(a) - many(b))[0];
}

function startsOf(file) {
  return /^every([01]+)(.*)$/.exec(file)?.slice(1) ?? [];
}

function groupOf(id, getModuleInfo) {
  if (getModuleInfo(id).isEntry || id === STARTS) return undefined;
  const isNeeded = (start) => start.some((module) => needs(module, getModuleInfo).has(id));
  const everyday = EVERYDAY.map((start) => (isNeeded(start) ? 1 : 0));
  const isEveryday = everyday.includes(1);
  const sorts = new Set([...needs(id, getModuleInfo)].flatMap((need) => SORT_OF.get(need) ?? []));
  const place = PLACES[relative(dist('src'), id).split(sep)[0]] ?? 'core';
  if (WHOLE.has(place)) return place;
  // They run for long.
  if (place === 'workers' && sorts.size > 0) return 'workers-slow';
  if (!isEveryday) forgetSmall(sorts);
  return [isEveryday ? `every${everyday.join('')}` : place, ...[...sorts].sort()].join('-');
}

/** Beside what loads a server or a log anyway, and where nobody waits, these do not count. */
function forgetSmall(sorts) {
  if (sorts.has('log') || sorts.has('hono'))
    for (const small of ['queue', 'net']) sorts.delete(small);
}

/** Everything that a module loads before it runs: modules, packages, itself. */
function needs(id, getModuleInfo) {
  if (known.has(id)) return known.get(id);
  const found = new Set([id]);
  for (const one of found)
    for (const next of getModuleInfo(one)?.importedIds ?? []) found.add(next);
  known.set(id, found);
  return found;
}

/**
 * Names stay: TypeORM and error messages go by those of classes. Lines are short, because
 * Node shows the whole line that threw when nobody catches an error.
 */
async function withoutComments(code) {
  const options = {
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    lineLimit: 160,
  };
  const result = await transform(code, { ...options, format: 'esm', target: 'node20.19' });
  return { code: result.code, map: null };
}

/** Whoever needs the same bytes again sets the variable that other builds look at, too. */
function buildDate() {
  const { SOURCE_DATE_EPOCH: seconds } = process.env;
  return (seconds ? new Date(Number(seconds) * 1000) : new Date()).toISOString().slice(0, 10);
}
