import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect } from 'chai';
import { VERSION } from '../../src/version.js';
import { MAIN } from '../support/cli.js';
import { temporaryHome } from '../support/temporary-home.js';

/** Where the digest ends, of all that follows it. */
const DIGEST_BYTES = 32;
/** A user that this process is not. */
const NOBODY = 65_534;

/** redrain installed in a directory of its own, where nothing was compiled yet. */
class Installation {
  readonly root = temporaryHome('redrain-installed-');
  readonly lib = join(this.root, 'lib');
  readonly compiled = join(this.lib, 'compiled');

  constructor() {
    const compiled = join(dirname(MAIN), 'compiled');
    cpSync(dirname(MAIN), this.lib, {
      recursive: true,
      filter: (path) => !path.startsWith(compiled),
    });
    writeFileSync(join(this.root, 'package.json'), '{"type":"module"}');
    symlinkSync(resolve('node_modules'), join(this.root, 'node_modules'), 'dir');
  }

  run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const home = ['--home', join(this.root, 'home')];
    return spawnSync(process.execPath, [join(this.lib, 'cli.cjs'), ...args, ...home], {
      env,
      encoding: 'utf8',
    });
  }

  /** `redrain mode`, which prints the same each time. */
  mode(env: Readonly<Record<string, string>> = {}): string {
    const { status, stdout, stderr } = this.run(['mode'], env);
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
    return stdout;
  }

  /** The file of what `redrain mode` ran. */
  get file(): string {
    const names = readdirSync(this.compiled);
    expect(names).to.have.lengthOf(1);
    return join(this.compiled, names[0] ?? '');
  }

  content(): Buffer {
    return readFileSync(this.file);
  }
}

/** The same content with one byte changed, and a digest that says so or does not. */
function changed(content: Buffer, at: number, isTold: boolean): Buffer {
  const bytes = Buffer.from(content);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 0xff, at);
  if (isTold) createHash('sha256').update(bytes.subarray(DIGEST_BYTES)).digest().copy(bytes);
  return bytes;
}

function firstPartOf(content: Buffer): number {
  const start = DIGEST_BYTES + 4;
  const index = content.toString('latin1', start, start + content.readUInt32LE(DIGEST_BYTES));
  return (JSON.parse(index) as { parts: [string, number, number][] }).parts[0]?.[1] ?? 0;
}

describe('what V8 compiled of the command line', () => {
  it('is kept from the first starts on, and then stays', () => {
    const installed = new Installation();
    const said = installed.mode();
    const first = installed.content();
    for (let run = 0; run < 3; run += 1) installed.mode();
    const kept = installed.content();
    expect(kept.equals(first)).to.equal(false);
    expect(installed.mode()).to.equal(said);
    expect(installed.content().equals(kept), 'all of it is used').to.equal(true);
  });

  it('stays, too, for commands that share a file and load different things', () => {
    const installed = new Installation();
    const both = () => [['jobs'], ['projects', 'list']].map((words) => installed.run(words).status);
    for (let run = 0; run < 4; run += 1) expect(both()).to.deep.equal([0, 0]);
    const kept = installed.content();
    both();
    expect(installed.content().equals(kept)).to.equal(true);
  });

  it('is not used when the file is damaged, cut or empty, and is written again', () => {
    const installed = new Installation();
    const said = installed.mode();
    const whole = installed.content();
    const part = firstPartOf(whole);
    const places = [0, DIGEST_BYTES, DIGEST_BYTES + 6, part, part + 200, whole.length >> 1];
    for (const at of [...places, whole.length - 9]) {
      const damaged = changed(whole, at, false);
      writeFileSync(installed.file, damaged);
      expect(installed.mode(), `byte ${at}`).to.equal(said);
      expect(installed.content().equals(damaged), `byte ${at}`).to.equal(false);
    }
    for (const size of [0, 10, DIGEST_BYTES + 2, part, whole.length - 1]) {
      writeFileSync(installed.file, whole);
      truncateSync(installed.file, size);
      expect(installed.mode(), `${size} bytes`).to.equal(said);
      expect(installed.content().length, `${size} bytes`).to.be.greaterThan(part);
    }
  });

  it('is refused by V8 when another version or other settings compiled it, and is written again', () => {
    const installed = new Installation();
    const said = installed.mode();
    const whole = installed.content();
    // V8 begins with a magic number and hashes of its version, of the source and of its settings.
    for (const word of [0, 4, 8, 12]) {
      const stale = changed(whole, firstPartOf(whole) + word, true);
      writeFileSync(installed.file, stale);
      expect(installed.mode(), `word at ${word}`).to.equal(said);
      expect(installed.content().equals(stale), `word at ${word}`).to.equal(false);
    }
  });

  it('is not used when the index leads nowhere', () => {
    const installed = new Installation();
    const said = installed.mode();
    const index = Buffer.from('{"runs":9,"parts":7}');
    const bytes = Buffer.alloc(DIGEST_BYTES + 4 + index.length);
    bytes.writeUInt32LE(index.length, DIGEST_BYTES);
    index.copy(bytes, DIGEST_BYTES + 4);
    createHash('sha256').update(bytes.subarray(DIGEST_BYTES)).digest().copy(bytes);
    writeFileSync(installed.file, bytes);
    expect(installed.mode()).to.equal(said);
  });

  it('is not missed where nothing can be written', () => {
    const installed = new Installation();
    mkdirSync(installed.compiled);
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) chownSync(installed.lib, NOBODY, NOBODY);
    else chmodSync(installed.compiled, 0o555);
    installed.mode();
    expect(readdirSync(installed.compiled)).to.deep.equal([]);
    if (!isRoot) chmodSync(installed.compiled, 0o755);
    rmSync(installed.compiled, { recursive: true });
    if (isRoot) chownSync(installed.lib, 0, 0);
    writeFileSync(installed.compiled, 'a file in the way');
    installed.mode();
    expect(readFileSync(installed.compiled, 'utf8')).to.equal('a file in the way');
  });

  it('is not kept for settings of one process, and not for --version', () => {
    const installed = new Installation();
    installed.mode({ NODE_OPTIONS: '--max-old-space-size=512' });
    expect(installed.run(['mode'], { NODE_V8_COVERAGE: temporaryHome() }).status).to.equal(0);
    const cli = join(installed.lib, 'cli.cjs');
    const { stdout } = spawnSync(process.execPath, [cli, '--version'], { encoding: 'utf8' });
    expect(stdout).to.equal(`${VERSION}\n`);
    expect(existsSync(installed.compiled)).to.equal(false);
  });

  it('shows no code when a file of the program is missing', () => {
    for (const name of ['main', 'run']) {
      const installed = new Installation();
      rmSync(join(installed.lib, 'chunks', `${name}.cjs`));
      const { status, stderr } = installed.run(['status']);
      expect(status).to.be.greaterThan(0);
      expect(stderr)
        .to.match(new RegExp(`^error: .*${name}\\.cjs`))
        .and.not.include('require(');
      expect(stderr.split('\n'), stderr).to.have.length.below(4);
    }
  });
});
