import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { type HomeRequest, resolveHome } from '../../src/config/home.js';
import { temporaryHome } from '../support/temporary-home.js';

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
    '/u/.spec-kitty',
  ],
  ['a value verbatim', { env: { SPEC_KITTY_HOME: '/s/~ x ' } }, '/s/~ x '],
  ['a relative value from here', { env: { REDRAIN_HOME: 'here' } }, resolve('here')],
  ['the user’s home', { env: { HOME: '/u' }, homedir: '/other' }, '/other/.spec-kitty'],
  [
    'the local data of Windows',
    { env: { LOCALAPPDATA: '/l' }, platform: 'win32', homedir: '/u' },
    '/l/spec-kitty',
  ],
  ['its usual place', { env: {}, platform: 'win32', homedir: '/u' }, '/u/AppData/Local/spec-kitty'],
];

describe('the home', () => {
  for (const [name, request, home] of HOMES) {
    it(`is taken from ${name}`, () => expect(resolveHome(request).home).to.equal(home));
  }

  it('holds the shared files and, below redrain, our own', () => {
    expect(resolveHome({ home: '/h', env: {} })).to.deep.equal({
      home: '/h',
      config: '/h/config.toml',
      credentials: '/h/credentials',
      activeScope: '/h/active_queue_scope',
      legacyQueue: '/h/queue.db',
      queuesDir: '/h/queues',
      state: '/h/redrain',
      journalDb: '/h/redrain/journal.db',
      jobsDb: '/h/redrain/jobs.db',
      spoolDir: '/h/redrain/spool',
      archiveDir: '/h/redrain/archive',
      locksDir: '/h/redrain/locks',
      ownCredentials: '/h/redrain/credentials.toml',
    });
  });

  it('is not created by looking', () => {
    const home = join(temporaryHome(), 'later');
    resolveHome({ home, env: {} });
    expect(existsSync(home)).to.equal(false);
  });
});
