import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { expect } from 'chai';

interface LockFile {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean }>>;
}

interface Manifest {
  readonly peerDependencies: Readonly<Record<string, string>>;
}

/** How a program of the project is run. */
export interface ConsumerRun {
  readonly home: string;
  readonly stdin?: string;
}

/**
 * A project elsewhere that has installed the tarball of this tree: redrain
 * unpacked, what it depends on in place, nothing of this repository's own
 * development, and no registry asked.
 */
export class ConsumerProject {
  readonly root = mkdtempSync(join(tmpdir(), 'redrain-consumer-'));
  readonly directory = this.#folder('project');
  readonly modules = this.#folder('project/node_modules');
  readonly package = join(this.modules, 'redrain');
  readonly tarball = this.#pack();

  constructor() {
    mkdirSync(this.package);
    this.#spawn('tar', ['-xzf', this.tarball, '-C', this.package, '--strip-components=1']);
    for (const name of productionPackages()) this.link(name);
    writeFileSync(join(this.directory, 'package.json'), '{"type":"module"}\n');
  }

  /** The paths in the tarball. */
  listing(): string[] {
    const { stdout } = this.#spawn('tar', ['-tzf', this.tarball]);
    return stdout.trim().split('\n');
  }

  /** Puts an installed package where the project finds it. */
  link(name: string): void {
    const path = join(this.modules, name);
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(resolve('node_modules', name), path, 'dir');
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.directory, name), text);
  }

  /** Runs a file of the project with Node, to its end. */
  node(args: readonly string[], { home, stdin = '' }: ConsumerRun): SpawnSyncReturns<string> {
    const env = { PATH: process.env.PATH ?? '', HOME: this.root, REDRAIN_HOME: home };
    const options = { cwd: this.directory, env, input: stdin, encoding: 'utf8' } as const;
    return spawnSync(process.execPath, args, options);
  }

  /** Runs the command line as `npx redrain` would. */
  redrain(args: readonly string[], run: ConsumerRun): SpawnSyncReturns<string> {
    const { bin } = this.manifest<{ bin: { redrain: string } }>();
    return this.node([join(this.package, bin.redrain), ...args], run);
  }

  /** The same by npx itself, in an empty folder of somebody who has nothing else. */
  npx(args: readonly string[]): SpawnSyncReturns<string> {
    const { bin } = this.manifest<{ bin: { redrain: string } }>();
    const command = join(this.modules, '.bin', 'redrain');
    mkdirSync(dirname(command), { recursive: true });
    if (!existsSync(command)) symlinkSync(join(this.package, bin.redrain), command);
    const env = { PATH: process.env.PATH ?? '', HOME: this.#folder('nobody') };
    const cwd = this.#folder('project/empty');
    return spawnSync('npx', ['--offline', '--no', 'redrain', ...args], {
      cwd,
      env,
      encoding: 'utf8',
    });
  }

  manifest<T>(): T {
    return JSON.parse(readFileSync(join(this.package, 'package.json'), 'utf8')) as T;
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  /** No lifecycle script: the tree is compiled already, and must stay as it is. */
  #pack(): string {
    this.#spawn(process.execPath, ['scripts/types.mjs']);
    const into = this.#folder('tarball');
    const npm = process.env.npm_execpath;
    const args = ['pack', '--ignore-scripts', '--silent', '--pack-destination', into];
    const [program, first] = npm === undefined ? ['npm', []] : [process.execPath, [npm]];
    this.#spawn(program, [...first, ...args], {
      cwd: resolve('.'),
      env: { ...process.env, npm_config_cache: this.#folder('cache'), npm_config_offline: 'true' },
    });
    const [name = 'no tarball'] = readdirSync(into);
    return join(into, name);
  }

  #spawn(program: string, args: readonly string[], options = {}): SpawnSyncReturns<string> {
    const run = spawnSync(program, args, { encoding: 'utf8', ...options });
    expect(run.status, `${program} ${args.join(' ')}: ${run.stderr}`).to.equal(0);
    return run;
  }

  #folder(name: string): string {
    const path = join(this.root, name);
    mkdirSync(path, { recursive: true });
    return path;
  }
}

/** What `npm install redrain` brings along: what the lock file does not call development, without the optional peers. */
function productionPackages(): string[] {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as LockFile;
  const { peerDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
  return Object.entries(packages).flatMap(([path, { dev }]) => {
    const name = /^node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(path)?.[1];
    return name === undefined || dev === true || name in peerDependencies ? [] : [name];
  });
}
