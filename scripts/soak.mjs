// The model-based test of the whole core, round after round with new seeds,
// until it fails or is interrupted. What it was doing is printed as it goes.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const HELP = `Usage: npm run soak -- [options]

Runs random programs against the real core and a small model, until
interrupted. Prints the seed of every round; a failure prints the shrunk
program and the command that brings it about again.

  --minutes N    stop after so many minutes
  --programs N   programs in a round (default 500)
  --engine E     sqlite or postgres (default: both)
  --seed N       one round, with this seed
  --path P       with --seed: only the program at this path
  --help         this text`;

const MOCHA = 'node_modules/mocha/bin/mocha.js';
const TESTS = 'dist/test/model/**/*.test.js';
const ENGINES = ['sqlite', 'postgres'];
const LARGEST_SEED = 2 ** 31 - 1;

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
let mocha;
let interrupted = false;

for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => {
    interrupted = true;
    mocha?.kill(signal);
  });

await soak(options());

function options() {
  const text = { type: 'string' };
  const known = {
    minutes: text,
    programs: text,
    engine: text,
    seed: text,
    path: text,
    help: { type: 'boolean' },
  };
  try {
    const { values } = parseArgs({ options: known });
    if (values.help) leave(HELP, 0);
    for (const name of ['minutes', 'programs', 'seed'])
      if (values[name] !== undefined && !Number.isFinite(Number(values[name])))
        leave(`--${name} takes a number, not ${values[name]}`, 64);
    if (values.engine !== undefined && !ENGINES.includes(values.engine))
      leave(`--engine takes ${ENGINES.join(' or ')}, not ${values.engine}`, 64);
    if (values.path !== undefined && values.seed === undefined) leave('--path needs --seed', 64);
    return { programs: values.path === undefined ? '500' : '1', ...values };
  } catch (error) {
    leave(`${error.message}\n\n${HELP}`, 64);
  }
}

function leave(message, code) {
  console.log(message);
  process.exit(code);
}

async function soak({ minutes, programs, engine, seed, path }) {
  const startedAt = Date.now();
  const deadline = minutes === undefined ? Number.POSITIVE_INFINITY : Number(minutes) * 60_000;
  for (let round = 1; ; round += 1) {
    const chosen = seed ?? String(Math.floor(Math.random() * LARGEST_SEED));
    const code = await runRound(programs, engine, chosen, path);
    const ran = Date.now() - startedAt;
    const verdict = interrupted ? 'interrupted' : code === 0 ? 'agreed' : 'FAILED';
    const seconds = Math.round(ran / 1_000);
    console.log(`round ${round}: seed ${chosen}, programs: ${programs}, ${seconds} s: ${verdict}`);
    if (interrupted) process.exit(130);
    if (code !== 0) process.exit(1);
    if (seed !== undefined || ran >= deadline) return;
  }
}

async function runRound(programs, engine, seed, path) {
  const given = {
    REDRAIN_MODEL_PROGRAMS: programs,
    REDRAIN_MODEL_SEED: seed,
    ...(engine === undefined ? {} : { REDRAIN_MODEL_ENGINE: engine }),
    ...(path === undefined ? {} : { REDRAIN_MODEL_PATH: path }),
  };
  mocha = spawn(process.execPath, [MOCHA, TESTS, '--reporter', 'spec'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...given },
  });
  const [code] = await once(mocha, 'exit');
  return code;
}
