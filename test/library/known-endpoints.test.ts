import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { App } from '../../src/app/app.js';
import { changeMode, keptSettings, type ModeRequest, readMode } from '../../src/app/change-mode.js';
import type { DrainReport } from '../../src/dispatch/drain-report.js';
import { describeOnEachHome } from '../support/each-engine.js';
import { ScriptedReceiver } from '../support/scripted-receiver.js';
import { closeAfterTest, temporaryHome } from '../support/temporary-home.js';
import { externalTo, writeConfig } from './given-redrain.js';

const A = 'http://127.0.0.1:9/a';
const B = 'http://127.0.0.1:9/b';
/** What a target has that nobody gave any settings. */
const SILENT = { projects: 'all', ack: 'auto', maxEvents: 1000, maxBytes: 1_048_576 };
const PRIVATE = '11111111-1111-4111-8111-111111111111';

describeOnEachHome('going back to a known endpoint', (on) => {
  const home = { dir: '', app: undefined as unknown as App, receiver: new ScriptedReceiver() };
  const warnings: string[] = [];

  beforeEach(async () => {
    home.dir = temporaryHome();
    home.receiver = new ScriptedReceiver();
    warnings.length = 0;
    const { receiver } = home;
    home.app = new App({
      home: home.dir,
      env: on.env(home.dir),
      now: () => 1_000,
      receiver: () => receiver,
    });
    closeAfterTest(() => home.app.close());
  });

  const mode = (endpoint: string, more: Partial<ModeRequest> = {}) =>
    changeMode(home.app, { mode: 'EXTERNAL_RECEIVER', headers: {}, endpoint, ...more });

  const drain = (): Promise<DrainReport> =>
    home.app.drain({
      ignoreBackoff: true,
      waitForLock: true,
      signal: new AbortController().signal,
      onWarning: (line) => warnings.push(line),
    });

  const capture = (id: string): Promise<unknown> =>
    home.app.captureGroup([
      { bytes: Buffer.from(`{"event_id":"${id}","event_type":"T","project_uuid":"${PRIVATE}"}`) },
    ]);

  const file = (): string => readFileSync(join(home.dir, 'config.toml'), 'utf8');

  it('keeps its settings, so that a held project stays held', async () => {
    await mode(A, {
      projects: 'allowed',
      ack: 'status',
      maxEvents: 7,
      maxBytes: 9_000,
      authEnv: 'A_TOKEN',
      headers: { 'X-Key': 'A_KEY' },
    });
    await capture('private');
    expect(await drain()).to.include({ held: 1, posts: 0 });
    expect((await mode(B)).external).to.deep.equal(SILENT);
    const back = await mode(A);
    expect(back).to.deep.include({ knownAs: '127.0.0.1-9', changes: [] });
    expect(file(), 'the file says what is in force').to.match(/projects = "allowed"/);
    expect(back.external).to.deep.equal({
      projects: 'allowed',
      ack: 'status',
      maxEvents: 7,
      maxBytes: 9_000,
      authEnv: 'A_TOKEN',
      headers: { 'X-Key': 'A_KEY' },
    });
    expect(await drain()).to.include({ held: 1, posts: 0, target_id: 1 });
    expect(home.receiver.posts).to.deep.equal([]);
  });

  it('keeps what was asked for without a drain in between', async () => {
    await mode(A);
    await drain();
    await mode(A, { projects: 'allowed' });
    await mode(B);
    await mode(A);
    await capture('private');
    expect(await drain()).to.include({ held: 1, posts: 0 });
  });

  it('keeps what was edited by hand before another endpoint took its place', async () => {
    await mode(A);
    await drain();
    writeConfig(home.dir, externalTo(A, 'projects = "allowed"\n'));
    await mode(B);
    expect((await mode(A)).external).to.include({ projects: 'allowed' });
  });

  it('changes what is asked for now, and says so', async () => {
    await mode(A, { projects: 'allowed', maxEvents: 7 });
    await drain();
    await mode(B);
    const back = await mode(A, { projects: 'all' });
    expect(back.changes).to.deep.equal([{ key: 'projects', from: 'allowed', to: 'all' }]);
    expect(back.external).to.include({ projects: 'all', maxEvents: 7 });
    await capture('private');
    expect(await drain()).to.include({ delivered: 1 });
  });

  it('by hand: keeps what the file is silent about, but sends no secret it does not name', async () => {
    writeConfig(
      home.dir,
      externalTo(A, 'projects = "allowed"\nmax_events = 7\nauth_env = "KEY"\n'),
    );
    await capture('private');
    await drain();
    writeConfig(home.dir, externalTo(B));
    await drain();
    const sent = home.receiver.posts.length;
    writeConfig(home.dir, externalTo(A));
    expect(await drain()).to.include({ held: 1, posts: 0 });
    expect(home.receiver.posts).to.have.length(sent);
    expect((await readMode(home.app)).external).to.deep.include({
      projects: 'allowed',
      maxEvents: 7,
    });
    expect((await readMode(home.app)).external).not.to.have.property('authEnv');
    expect(Object.fromEntries(await keptSettings(home.app))).to.deep.equal({
      'sync.external.projects': 'allowed',
      'sync.external.max_events': 7,
    });
  });

  it('by hand: what the file says counts, and the drain says what that changes', async () => {
    writeConfig(home.dir, externalTo(A, 'projects = "allowed"\n'));
    await drain();
    expect(warnings).to.deep.equal([]);
    writeConfig(home.dir, externalTo(A, 'projects = "all"\n'));
    await capture('private');
    expect(await drain()).to.include({ delivered: 1 });
    expect(warnings.join('\n')).to.match(
      /127\.0\.0\.1-9: config.toml changes projects from "allowed" to "all"/,
    );
  });

  it('named: has the settings of the file that names it, else its own', async () => {
    await mode(A, { projects: 'allowed' });
    await capture('private');
    await drain();
    await mode(B);
    await drain();
    const options = {
      ignoreBackoff: true,
      waitForLock: true,
      signal: new AbortController().signal,
    };
    expect(await home.app.drain({ ...options, targetId: 1 })).to.include({ held: 1, posts: 0 });
    writeConfig(home.dir, externalTo(A, 'projects = "all"\n'));
    expect(await home.app.drain({ ...options, targetId: 1 })).to.include({ delivered: 1 });
  });

  it('gives an endpoint that was never drained to the defaults', async () => {
    await mode(A, { projects: 'allowed' });
    const fresh = await mode(B);
    expect(fresh).to.deep.include({ knownAs: null, changes: [] });
    expect(fresh.external).to.include({ projects: 'all', ack: 'auto', maxEvents: 1000 });
  });
});
