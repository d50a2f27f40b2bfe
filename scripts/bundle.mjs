// Bundles what was compiled into dist/ for release: lib/ holds the command line,
// the library and its other entry points as few files, and with them the small
// packages that are nothing but JavaScript. All other packages stay outside.
//
// All code is CommonJS, which Node starts in half the time, and which the command
// line can load with what V8 compiled of it before (src/cli/start). What users import
// are modules that name what a file of it exports.
//
// Modules share a file when the same of the everyday commands need them: starting a
// command then loads little code that it could do without, and few files. What they
// need of others is loaded when it is used (scripts/lazy-requires.mjs).
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, transform } from 'esbuild';
import { rollup } from 'rollup';
import { lazyRequires } from './lazy-requires.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = (path) => join(root, 'dist', path);
const lib = join(root, 'lib');

/** What users import. */
const PUBLIC = {
  index: dist('src/index.js'),
  entities: dist('src/entities.js'),
  queue: dist('src/queue/index.js'),
  receive: dist('src/receive/index.js'),
  ormconfig: dist('ormconfig.js'),
};
/** Run by the others, each in a process or thread of its own (src/files/child-script.ts). */
const CHILDREN = {
  'compact-child': dist('src/files/compact-child.js'),
  'verify-thread': dist('src/sqlite/verification/verify-thread.js'),
};
const COMMAND_LINE = { main: dist('src/cli/main.js'), run: dist('src/cli/run.js') };

/** Packages without other files, compiled parts or states that others share. */
const INSIDE = new Set([
  ...['commander', 'croner', 'fast-string-width', 'ipaddr.js', 'ms', 'picocolors'],
  ...['smol-toml', 'ulid', 'valibot'],
]);

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

/** Packages that a file needs as soon as it is loaded, because its classes are made with them. */
const SLOW = ['typeorm', 'liteque'];

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
const SMALL = 60_000;

/** commander loads what starts commands that are files of their own with itself; there are none. */
const COMMANDS_AS_FILES = "const childProcess = require('node:child_process');";
const withoutChildren = {
  name: 'no child processes',
  setup({ onLoad }) {
    onLoad({ filter: /commander[\\/]lib[\\/]command\.js$/ }, ({ path }) => {
      const code = readFileSync(path, 'utf8');
      if (!code.includes(COMMANDS_AS_FILES)) throw new Error(`${path} is written in another way`);
      const later = code
        .replace(COMMANDS_AS_FILES, '')
        .replaceAll('childProcess.', "require('node:child_process').");
      return { contents: later };
    });
  },
};

/** What `needs` found before. */
const known = new Map();
/** Of the packages inside. */
const licenses = new Set();
/** The file of each module, once all modules are known. */
let files;

rmSync(lib, { recursive: true, force: true });
const OUTPUT = {
  dir: lib,
  format: 'cjs',
  // A package in CommonJS is what `require` returns; only what is imported as it runs can be a module.
  interop: 'default',
  exports: 'named',
  externalLiveBindings: false,
  plugins: [lazyRequires, { name: 'without comments', renderChunk: withoutComments }],
};
const bundle = await rolledUp({ ...COMMAND_LINE, ...PUBLIC, ...CHILDREN });
const { output } = await bundle.write({
  ...OUTPUT,
  entryFileNames: ({ name }) => `${name in CHILDREN ? 'children' : 'chunks'}/[name].cjs`,
  chunkFileNames: 'chunks/[name].cjs',
  hoistTransitiveImports: false,
  onlyExplicitManualChunks: true,
  manualChunks: fileOf,
});
for (const name of Object.keys(PUBLIC)) writeFileSync(join(lib, `${name}.js`), moduleOf(name));
writeFileSync(
  join(lib, 'chunks', 'import.cjs'),
  "'use strict';\nmodule.exports = (specifier) => import(specifier);\n",
);
writeFileSync(join(lib, 'licenses.txt'), [...licenses].sort().join('\n'));
await writeStart();
// Style sheet and script of the pages of `redrain open`, as they are.
cpSync(join(root, 'src/observatory/assets'), join(lib, 'assets'), { recursive: true });

// What completion and the man page say is what the program declares.
const { programTree } = await import(pathToFileURL(dist('src/cli/completion/program-tree.js')));
const tree = await programTree();
writeFileSync(join(lib, 'commands.json'), JSON.stringify(tree));
const { manPage } = await import(pathToFileURL(dist('src/cli/man-page.js')));
mkdirSync(join(lib, 'man'));
writeFileSync(join(lib, 'man', 'redrain.1'), manPage(tree, buildDate()));

function rolledUp(input) {
  return rollup({
    input,
    external: (id) => !INSIDE.has(id) && !id.startsWith('.') && !id.startsWith(root),
    onwarn(warning, warn) {
      // What TypeScript writes for decorators asks for `this`, which is undefined in a module.
      if (warning.code !== 'THIS_IS_UNDEFINED') warn(warning);
    },
    plugins: [
      { name: 'packages and places', resolveId, load, resolveImportMeta, renderDynamicImport },
    ],
  });
}

function resolveId(id) {
  return INSIDE.has(id) ? { id: join(root, 'packages', id), moduleSideEffects: false } : null;
}

/** A package in one module, whatever it is written in. */
async function load(id) {
  const name = relative(join(root, 'packages'), id);
  if (!INSIDE.has(name)) return null;
  const options = {
    absWorkingDir: root,
    bundle: true,
    metafile: true,
    write: false,
    format: 'esm',
    platform: 'node',
    preserveSymlinks: true,
    mainFields: ['module', 'main'],
    plugins: [withoutChildren],
  };
  const { outputFiles, metafile } = await build({ ...options, entryPoints: [name] });
  for (const file of Object.keys(metafile.inputs)) licenses.add(licenseOf(file));
  return outputFiles[0].text;
}

/** Name, version and licence of the package that a file is of. */
function licenseOf(file) {
  const [, place] = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file);
  const { name, version } = JSON.parse(readFileSync(join(root, place, 'package.json'), 'utf8'));
  const text = readdirSync(join(root, place)).find((one) => /^licen[cs]e/i.test(one));
  if (text === undefined) throw new Error(`${name} has no licence to put beside it`);
  return `${name} ${version}\n\n${readFileSync(join(root, place, text), 'utf8').trim()}\n\n`;
}

/** Where a file is, as CommonJS says it. */
function resolveImportMeta(property) {
  if (property === 'url') return "require('node:url').pathToFileURL(__filename).href";
  return { filename: '__filename', dirname: '__dirname' }[property] ?? null;
}

/** What `import()` finds outside is loaded by a file that Node itself loads (src/cli/start/chunk-loader.ts). */
function renderDynamicImport({ targetModuleId }) {
  const isInside = targetModuleId?.startsWith(root) === true;
  return isInside ? null : { left: "require('./import.cjs')(", right: ')' };
}

/** What users import: a module that names what a file in CommonJS exports. */
function moduleOf(name) {
  const { exports } = output.find((one) => one.isEntry && one.name === name);
  const named = exports.filter((one) => one !== 'default');
  return [
    `import code from './chunks/${name}.cjs';`,
    ...(named.length > 0 ? [`export const { ${named.join(', ')} } = code;`] : []),
    ...(exports.includes('default') ? ['export default code.default;'] : []),
    '',
  ].join('\n');
}

/** `lib/cli.cjs`, which loads the others: one file, with an id of their content in it. */
async function writeStart() {
  const digest = createHash('sha256');
  for (const { fileName } of output) digest.update(readFileSync(join(lib, fileName)));
  const id = digest.digest('hex').slice(0, 12);
  const start = await rolledUp({ cli: dist('src/cli/start/start.js') });
  await start.write({
    ...OUTPUT,
    entryFileNames: '[name].cjs',
    intro: `const BUNDLE_ID = '${id}';`,
  });
  chmodSync(join(lib, 'cli.cjs'), 0o755);
}

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
  if (getModuleInfo(id).isEntry) return undefined;
  const isNeeded = (start) => start.some((module) => needs(module, getModuleInfo).has(id));
  const everyday = EVERYDAY.map((start) => (isNeeded(start) ? 1 : 0));
  const isEveryday = everyday.includes(1);
  const place = PLACES[relative(dist('src'), id).split(sep)[0]] ?? 'core';
  if (WHOLE.has(place)) return place;
  const slow = SLOW.filter((name) => needs(id, getModuleInfo).has(name));
  return [isEveryday ? `every${everyday.join('')}` : place, ...slow].join('-');
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
  const result = await transform(code, { ...options, target: 'node20.19' });
  return { code: inAscii(result.code), map: null };
}

/** Files are read as Latin-1 (src/cli/start/chunk-loader.ts). What esbuild leaves as it is stands in regular expressions. */
function inAscii(code) {
  return code.replaceAll(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Whoever needs the same bytes again sets the variable that other builds look at, too. */
function buildDate() {
  const { SOURCE_DATE_EPOCH: seconds } = process.env;
  return (seconds ? new Date(Number(seconds) * 1000) : new Date()).toISOString().slice(0, 10);
}
