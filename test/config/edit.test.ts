import { execFile, execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import {
  ConfigUnreadableError,
  readConfigDocument,
  settingsOf,
} from '../../src/config/document.js';
import { ConfigEditError, editConfig, writeServerUrl } from '../../src/config/edit.js';
import { FileBusyError, rewriteFile, tryClaim, withdraw } from '../../src/files/rewrite-file.js';
import { temporaryHome } from '../support/temporary-home.js';

const mode = [{ path: ['sync', 'mode'], value: 'OPT_OUT' }];

function givenConfig(content: string): string {
  const path = join(temporaryHome(), 'config.toml');
  writeFileSync(path, content);
  return path;
}

const modeBits = (path: string) => (statSync(path).mode & 0o777).toString(8);

describe('an edit of config.toml', () => {
  it('keeps the rest byte for byte', async () => {
    const path = givenConfig(
      '# mine\n[sync] # ours\nserver_url = "https://a.example" # old\n\n[kitty]\nx = 1 # y\n',
    );
    expect(await writeServerUrl(path, 'https://b.example')).to.equal(true);
    expect(readFileSync(path, 'utf8')).to.equal(
      '# mine\n[sync] # ours\nserver_url = "https://b.example" # old\n\n[kitty]\nx = 1 # y\n',
    );
  });

  it('creates file and home for this user alone', async () => {
    const path = join(temporaryHome(), 'new', 'config.toml');
    await editConfig(path, mode);
    expect(settingsOf(await readConfigDocument(path)).mode).to.equal('OPT_OUT');
    expect([modeBits(path), modeBits(dirname(path))]).to.deep.equal(['600', '700']);
  });

  it('keeps the mode of the file', async () => {
    const path = givenConfig('');
    chmodSync(path, 0o640);
    await editConfig(path, mode);
    expect(modeBits(path)).to.equal('640');
  });

  it('writes through links, and leaves them links', async () => {
    const home = temporaryHome();
    mkdirSync(join(home, 'dotfiles'));
    writeFileSync(join(home, 'dotfiles', 'real.toml'), '# real\n');
    symlinkSync(join('dotfiles', 'real.toml'), join(home, 'one'));
    symlinkSync('one', join(home, 'config.toml'));
    await editConfig(join(home, 'config.toml'), mode);
    expect(lstatSync(join(home, 'config.toml')).isSymbolicLink()).to.equal(true);
    expect(readFileSync(join(home, 'dotfiles', 'real.toml'), 'utf8')).to.match(
      /^# real\n\n\[redrain\]/,
    );
    expect(readdirSync(join(home, 'dotfiles'))).to.deep.equal(['real.toml']);
  });

  it('that changes nothing writes nothing', async () => {
    const path = givenConfig('[sync]\nmode = "OPT_OUT"\n');
    const before = statSync(path);
    expect(await editConfig(path, mode)).to.equal(false);
    expect(statSync(path)).to.deep.include({ ino: before.ino, mtimeMs: before.mtimeMs });
    expect(readdirSync(dirname(path))).to.deep.equal(['config.toml']);
  });

  for (const content of ['[sync\n# mine', '[sync]\nmode = 5\n', 'sync = 1', '\uFEFF[[sync]]']) {
    it(`is refused while the file is unreadable: ${JSON.stringify(content)}`, async () => {
      const path = givenConfig(content);
      const before = statSync(path);
      const error = await editConfig(path, mode).catch((caught: unknown) => caught);
      expect(error).to.be.instanceOf(ConfigUnreadableError);
      expect(readFileSync(path, 'utf8')).to.equal(content);
      expect(statSync(path).mtimeMs).to.equal(before.mtimeMs);
      expect(readdirSync(dirname(path))).to.deep.equal(['config.toml']);
    });
  }

  it('is refused when the link leads nowhere, and creates nothing there', async () => {
    const home = temporaryHome();
    symlinkSync(join(home, 'gone.toml'), join(home, 'config.toml'));
    const error = await editConfig(join(home, 'config.toml'), mode).catch(
      (caught: unknown) => caught,
    );
    expect(error).to.be.instanceOf(ConfigUnreadableError);
    expect(existsSync(join(home, 'gone.toml'))).to.equal(false);
  });

  it('is refused when its result could not be used', async () => {
    const path = givenConfig('# mine\n');
    const error = await editConfig(path, [{ path: ['sync', 'mode'], value: 'NEVER' }]).catch(
      (caught: unknown) => caught,
    );
    expect(error)
      .to.be.instanceOf(ConfigEditError)
      .with.property('message')
      .that.contains('redrain.mode');
    expect(readFileSync(path, 'utf8')).to.equal('# mine\n');
    expect(readdirSync(dirname(path))).to.deep.equal(['config.toml']);
  });
});

describe('edits at the same time', () => {
  const EDITOR = `
    const { editConfig } = await import(process.argv[1]);
    for (let n = 0; n < 12; n += 1) {
      await editConfig(process.argv[2], [{ path: ['sync', 'projects', process.argv[3] + '-' + n], value: 'allow' }]);
    }`;

  it('of several processes are all kept', async () => {
    const path = givenConfig('# mine\n');
    const module = new URL('../../src/config/edit.js', import.meta.url).href;
    const run = promisify(execFile);
    const names = ['a', 'b', 'c', 'd'];
    await Promise.all(
      names.map((name) =>
        run(process.execPath, ['--input-type=module', '-e', EDITOR, module, path, name]),
      ),
    );
    const { projectRules } = settingsOf(await readConfigDocument(path));
    const expected = names.flatMap((name) => Array.from({ length: 12 }, (_, n) => `${name}-${n}`));
    expect([...projectRules.byProject.keys()].sort()).to.deep.equal(expected.sort());
    expect(readFileSync(path, 'utf8')).to.match(/^# mine\n/);
    expect(readdirSync(dirname(path))).to.deep.equal(['config.toml']);
  });

  it('of one process are all kept', async () => {
    const path = givenConfig('');
    const names = Array.from({ length: 10 }, (_, n) => `p${n}`);
    await Promise.all(
      names.map((name) => editConfig(path, [{ path: ['sync', 'projects', name], value: 'hold' }])),
    );
    expect(settingsOf(await readConfigDocument(path)).projectRules.byProject.size).to.equal(10);
  });

  it('wait for the one at work, and say so when it takes too long', async () => {
    const path = givenConfig('before');
    const claim = tryClaim(path);
    const error = await rewriteFile(path, () => 'after', { waitMs: 0 }).catch(
      (caught: unknown) => caught,
    );
    expect(error).to.be.instanceOf(FileBusyError).with.property('message').that.contains(path);
    expect(readFileSync(path, 'utf8')).to.equal('before');
    if (claim) withdraw(claim);
    expect(await rewriteFile(path, () => 'after', { waitMs: 0 })).to.equal(true);
  });

  it('are not blocked by the claim of a dead process, and sweep it', async () => {
    const path = givenConfig('before');
    const pid = execFileSync(process.execPath, ['-e', 'console.log(process.pid)'], {
      encoding: 'utf8',
    }).trim();
    const claim = tryClaim(path);
    const ours = basename(claim?.path ?? '');
    if (claim) withdraw(claim);
    const dead = join(dirname(path), ours.replace(`-${process.pid}-`, `-${pid}-`));
    writeFileSync(dead, 'half written');
    expect(await rewriteFile(path, () => 'after', { waitMs: 0 })).to.equal(true);
    expect(existsSync(dead)).to.equal(false);
  });

  for (const [name, time] of [
    ['an old claim', 0],
    ['a claim from the future', 4e9],
  ] as const)
    it(`are not blocked by ${name} of another host`, async () => {
      const path = givenConfig('before');
      const claim = join(dirname(path), '.config.toml.redrain-ffffffff-1-00');
      writeFileSync(claim, '');
      expect(tryClaim(path)).to.equal(undefined);
      utimesSync(claim, time, time);
      expect(await rewriteFile(path, () => 'after', { waitMs: 0 })).to.equal(true);
    });

  it('never overwrite each other, even when a living one was taken for dead', async () => {
    const path = givenConfig('before');
    let runs = 0;
    const rewritten = await rewriteFile(path, (before) => {
      runs += 1;
      if (runs === 1) sweepAndWrite(path, 'by another');
      return `${before} and ours`;
    });
    expect(rewritten).to.equal(true);
    expect(readFileSync(path, 'utf8')).to.equal('by another and ours');
  });

  /** What another process does that takes our claim for abandoned. */
  function sweepAndWrite(path: string, content: string): void {
    const claim = tryClaim(path, Date.now() + 60_000);
    if (claim) withdraw(claim);
    writeFileSync(path, content);
  }
});

describe('a rewritten file', () => {
  it('does not change when the rewrite fails', async () => {
    const path = givenConfig('before');
    const fail = (): never => {
      throw new Error('no');
    };
    const error = await rewriteFile(path, fail).catch((caught: unknown) => caught);
    expect(error).to.have.property('message', 'no');
    expect(readFileSync(path, 'utf8')).to.equal('before');
    expect(readdirSync(dirname(path))).to.deep.equal(['config.toml']);
  });

  it('is given its bytes, or undefined when there is none', async () => {
    const path = join(temporaryHome(), 'file');
    const seen: (string | undefined)[] = [];
    const append = (before: Buffer | undefined): string => {
      seen.push(before?.toString());
      return `${before ?? ''}x`;
    };
    await rewriteFile(path, append);
    await rewriteFile(path, append);
    expect(seen).to.deep.equal([undefined, 'x']);
    expect(await rewriteFile(path, () => undefined)).to.equal(false);
  });
});
