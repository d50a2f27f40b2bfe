import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { type HomeRequest, NoHomeError, resolveHome } from '../../src/config/home.js';
import { makeTheirs, stateOf, temporaryHome } from '../support/temporary-home.js';

const HOMES: readonly [name: string, request: HomeRequest, home: string][] = [
  [
    '--home before all',
    { home: '/given', env: { REDRAIN_HOME: '/r', SPEC_KITTY_HOME: '/s' } },
    '/given',
  ],
  ['REDRAIN_HOME', { env: { REDRAIN_HOME: '/r', SPEC_KITTY_HOME: '/s' } }, '/r'],
  ['SPEC_KITTY_HOME', { env: { SPEC_KITTY_HOME: '/s' } }, '/s'],
  [
    'empty values as unset',
    { home: '', env: { REDRAIN_HOME: '', SPEC_KITTY_HOME: '', HOME: '/u' } },
    '/u/.local/share/redrain',
  ],
  ['a value verbatim', { env: { SPEC_KITTY_HOME: '/s/~ x ' } }, '/s/~ x '],
  ['a relative value from here', { env: { REDRAIN_HOME: 'here' } }, resolve('here')],
  ['the user’s home', { env: { HOME: '/u' }, homedir: '/other' }, '/other/.local/share/redrain'],
  ['XDG_DATA_HOME', { env: { XDG_DATA_HOME: '/x', HOME: '/u' } }, '/x/redrain'],
  [
    'no relative XDG_DATA_HOME',
    { env: { XDG_DATA_HOME: 'x', HOME: '/u' } },
    '/u/.local/share/redrain',
  ],
  [
    'the place of macOS',
    { env: { XDG_DATA_HOME: '/x' }, platform: 'darwin', homedir: '/u' },
    '/u/Library/Application Support/redrain',
  ],
  [
    'the local data of Windows',
    { env: { LOCALAPPDATA: '/l' }, platform: 'win32', homedir: '/u' },
    '/l/redrain',
  ],
  ['its usual place', { env: {}, platform: 'win32', homedir: '/u' }, '/u/AppData/Local/redrain'],
];

describe('the home', () => {
  for (const [name, request, home] of HOMES) {
    it(`is taken from ${name}`, () => expect(resolveHome(request).home).to.equal(home));
  }

  it('is Spec Kitty’s own where this user has one', () => {
    const user = temporaryHome();
    const theirs = makeTheirs(join(user, '.spec-kitty'));
    expect(resolveHome({ env: { HOME: user, XDG_DATA_HOME: '/x' } }).home).to.equal(theirs);
    const windows = { platform: 'win32', env: { LOCALAPPDATA: user } } as const;
    expect(resolveHome(windows).home).to.equal(join(user, 'redrain'));
    makeTheirs(join(user, 'spec-kitty'));
    expect(resolveHome(windows).home).to.equal(join(user, 'spec-kitty'));
  });

  it('needs no user where XDG_DATA_HOME names a place, and says --home where nothing does', () => {
    expect(resolveHome({ homedir: '', env: { XDG_DATA_HOME: '/x' } }).home).to.equal('/x/redrain');
    expect(() => resolveHome({ homedir: '', env: {} })).to.throw(NoHomeError, '--home DIR');
  });

  it('holds our files directly, and below redrain in one that is shared', () => {
    const files = (state: string) => ({
      home: '/h',
      config: '/h/config.toml',
      credentials: '/h/credentials',
      activeScope: '/h/active_queue_scope',
      legacyQueue: '/h/queue.db',
      queuesDir: '/h/queues',
      state,
      journalDb: `${state}/journal.db`,
      jobsDb: `${state}/jobs.db`,
      spoolDir: `${state}/spool`,
      archiveDir: `${state}/archive`,
      locksDir: `${state}/locks`,
      ownCredentials: `${state}/credentials.toml`,
    });
    expect(resolveHome({ home: '/h', env: {} })).to.deep.equal(files('/h'));
    const env = { SPEC_KITTY_HOME: '/h' };
    expect(resolveHome({ env })).to.deep.equal(files('/h/redrain'));
    expect(resolveHome({ home: '/h', env })).to.deep.equal(files('/h/redrain'));
  });

  for (const name of ['credentials', 'active_queue_scope', 'queue.db', 'queues', 'auth'])
    it(`is shared where ${name} is, until it has a journal of its own`, () => {
      const home = temporaryHome();
      mkdirSync(join(home, name));
      expect(stateOf(home)).to.equal(join(home, 'redrain'));
      writeFileSync(join(home, 'journal.db'), '');
      expect(stateOf(home)).to.equal(home);
    });

  it('keeps the layout of the first version, whatever else comes to it', () => {
    const home = temporaryHome();
    mkdirSync(join(home, 'redrain', 'spool'), { recursive: true });
    expect(stateOf(home)).to.equal(join(home, 'redrain'));
    writeFileSync(join(home, 'redrain', 'journal.db'), '');
    mkdirSync(join(home, 'locks'));
    writeFileSync(join(home, 'journal.db'), '');
    expect(stateOf(home)).to.equal(join(home, 'redrain'));
  });

  it('keeps it where `redrain` is a link to a disk that is not mounted', () => {
    const home = temporaryHome();
    symlinkSync('/nowhere/at/all', join(home, 'redrain'));
    expect(stateOf(home)).to.equal(join(home, 'redrain'));
  });

  it('of its own may have a directory called redrain beside the journal', () => {
    const home = temporaryHome();
    writeFileSync(join(home, 'journal.db'), '');
    mkdirSync(join(home, 'redrain'));
    expect(stateOf(home)).to.equal(home);
  });

  it('is not created by looking', () => {
    const home = join(temporaryHome(), 'later');
    resolveHome({ home, env: {} });
    expect(existsSync(home)).to.equal(false);
  });
});
