import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { App } from '../../src/app/app.js';
import { addTarget, renameTarget, setTarget, useTarget } from '../../src/app/declared-targets.js';
import { listEvents } from '../../src/app/events.js';
import type { DrainReport } from '../../src/dispatch/drain-report.js';
import { describeOnEachHome } from '../support/each-engine.js';
import { ScriptedReceiver } from '../support/scripted-receiver.js';
import { closeAfterTest, temporaryHome } from '../support/temporary-home.js';
import { externalTo, writeConfig } from './given-redrain.js';

const A = 'http://127.0.0.1:9/a';
const B = 'http://127.0.0.1:9/b';

describeOnEachHome('declared targets', (on) => {
  const home = { dir: '', app: undefined as unknown as App, receiver: new ScriptedReceiver() };
  const warnings: string[] = [];

  const opened = (): App => {
    const { receiver } = home;
    const app = new App({
      home: home.dir,
      env: on.env(home.dir),
      now: () => 1_000,
      receiver: () => receiver,
    });
    closeAfterTest(() => app.close());
    return app;
  };

  beforeEach(() => {
    home.dir = temporaryHome();
    home.receiver = new ScriptedReceiver();
    warnings.length = 0;
    home.app = opened();
  });

  const drain = (to?: string): Promise<DrainReport> =>
    home.app.drain({
      ...(to === undefined ? {} : { to }),
      ignoreBackoff: true,
      waitForLock: true,
      signal: new AbortController().signal,
      onWarning: (line) => warnings.push(line),
    });

  const capture = (...ids: string[]): Promise<unknown> =>
    home.app.captureGroup(
      ids.map((id) => ({ bytes: Buffer.from(`{"event_id":"${id}","event_type":"T"}`) })),
    );

  const file = (): string => readFileSync(join(home.dir, 'config.toml'), 'utf8');
  const targets = async () => (await home.app.stores()).targets;
  const names = async () => (await (await targets()).list()).map(({ name }) => name);
  const codeOf = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => 'no error',
      ({ code }: { readonly code: string }) => code,
    );

  it('are added, and the first one of a fresh home is active', async () => {
    const added = await addTarget(home.app, {
      name: 'billing',
      url: A,
      settings: { maxEvents: 7 },
    });
    expect(added).to.deep.include({ isActive: true });
    expect(added.record).to.deep.include({ id: 1, name: 'billing' });
    expect(file()).to.equal(
      '[redrain]\nmode = "endpoint"\ntarget = "billing"\n\n[redrain.targets.billing]\nurl = "http://127.0.0.1:9/a"\nmax_events = 7\n',
    );
    expect(await addTarget(home.app, { name: 'search', url: B })).to.include({ isActive: false });
    await capture('1', '2');
    expect(await drain()).to.include({ target_id: 1, delivered: 2 });
    expect(await drain('search')).to.include({ target_id: 2, delivered: 2 });
  });

  it('are not active where a mode was chosen before', async () => {
    writeConfig(home.dir, '[sync]\nmode = "LOCAL_RETENTION"\n');
    expect(await addTarget(home.app, { name: 'a', url: A })).to.include({ isActive: false });
    expect(file()).to.match(/^\[sync\]\nmode = "LOCAL_RETENTION"\n\n\[sync.targets.a\]\n/);
    await capture('1');
    expect(await drain('a')).to.include({ blocked_reason: 'delivery_off', posts: 0 });
  });

  it('have one name and one address each', async () => {
    await addTarget(home.app, { name: 'a', url: A });
    const add = (name: string, url: string) => codeOf(addTarget(home.app, { name, url }));
    expect(await add('a', B)).to.equal('TARGET_NAME_TAKEN');
    expect(await add('b', `${A}/`)).to.equal('TARGET_ADDRESS_TAKEN');
    for (const name of ['A', '7', '', 'x'.repeat(65)])
      expect(await add(name, B), name).to.equal('TARGET_NAME_INVALID');
    expect(await add('b', 'no address')).to.equal('URL_UNUSABLE');
    expect(await names()).to.deep.equal(['a']);
  });

  it('keep what they had where only the journal knew them, and are sent nothing again', async () => {
    writeConfig(home.dir, externalTo(A, 'projects = "allowed"\nmax_events = 9\n'));
    await drain();
    writeConfig(home.dir, '');
    const { record } = await addTarget(home.app, { name: 'billing', url: A });
    expect(record).to.deep.include({ id: 1, name: 'billing' });
    expect(record.settings).to.include({ projects: 'allowed', maxEvents: 9 });
  });

  it('are found by name, id and address', async () => {
    await addTarget(home.app, { name: 'billing', url: A });
    await capture('1');
    for (const given of ['billing', '1', A])
      expect(await listEvents(home.app, { target: given }), given).to.include({ target_id: 1 });
    expect(await codeOf(listEvents(home.app, { target: 'other' }))).to.equal('TARGET_NAME_UNKNOWN');
  });

  it('are sent nothing again for a name, a key, a setting or a restart', async () => {
    await addTarget(home.app, { name: 'billing', url: A });
    await capture('1', '2', '3');
    expect(await drain()).to.include({ delivered: 3 });
    const nothing = { target_id: 1, posts: 0, selected: 0 };
    await renameTarget(home.app, 'billing', 'invoices');
    expect(await drain()).to.include(nothing);
    await setTarget(home.app, 'invoices', {
      authEnv: 'KEY',
      headers: { 'X-A': 'B' },
      maxEvents: 3,
    });
    home.app = opened();
    expect(await drain('invoices')).to.include({ ...nothing, blocked_reason: null });
    writeConfig(home.dir, file().replaceAll('invoices', 'by-hand'));
    expect(await drain('by-hand')).to.include(nothing);
    expect(await drain('1')).to.include(nothing);
    await setTarget(home.app, 'by-hand', { authEnv: undefined, maxEvents: undefined });
    expect(await drain()).to.include(nothing);
    expect(file()).not.to.match(/KEY|max_events/);
    expect(await names()).to.deep.equal(['by-hand']);
  });

  it('keep their key in a variable: another value is the same target', async () => {
    await addTarget(home.app, { name: 'a', url: `${A}?key=\${HOOK_KEY}` });
    await capture('1');
    expect(await drain()).to.include({ delivered: 1 });
    expect(file()).to.include(`url = "http://127.0.0.1:9/a?key=\${HOOK_KEY}"`);
    expect(await drain()).to.include({ target_id: 1, selected: 0 });
  });

  it('with another address are other targets, and those before keep working', async () => {
    await addTarget(home.app, { name: 'billing', url: A });
    await capture('1');
    await drain();
    const { before, record } = await setTarget(home.app, 'billing', { url: B });
    expect(before).to.deep.include({ id: 1, name: 'billing-old' });
    expect(record).to.deep.include({ id: 2, name: 'billing' });
    expect(await drain()).to.include({ target_id: 2, delivered: 1 });
    expect(await drain('billing-old')).to.include({ target_id: 1, selected: 0 });
  });

  it('with another address by hand say so', async () => {
    await addTarget(home.app, { name: 'billing', url: A });
    await capture('1');
    await drain();
    writeConfig(home.dir, file().replace(A, B));
    expect(await drain()).to.include({ target_id: 2, delivered: 1 });
    expect(warnings).to.deep.equal([
      `billing is now ${B}, which is another target and gets everything; ${A}, which had the name, goes on as billing-old`,
    ]);
  });

  it('that moved keep their ledger', async () => {
    await addTarget(home.app, { name: 'billing', url: A });
    await capture('1');
    await drain();
    const { before, record } = await setTarget(home.app, 'billing', { url: B, same: true });
    expect(before).to.equal(null);
    expect(record).to.deep.include({ id: 1, name: 'billing', canonicalUrl: B });
    expect(await drain()).to.include({ target_id: 1, selected: 0 });
    expect(file()).to.include(B);
  });

  it('may change names with each other', async () => {
    await addTarget(home.app, { name: 'a', url: A });
    await addTarget(home.app, { name: 'b', url: B });
    writeConfig(home.dir, file().replace(A, '(a)').replace(B, A).replace('(a)', B));
    await drain('a');
    await drain('b');
    expect(await names()).to.deep.equal(['b', 'a']);
  });

  it('are used: mode and target', async () => {
    await addTarget(home.app, { name: 'a', url: A });
    await addTarget(home.app, { name: 'b', url: B });
    await useTarget(home.app, 'b');
    expect(file()).to.match(/target = "b"/);
    await capture('1');
    expect(await drain()).to.include({ target_id: 2 });
    expect(await codeOf(useTarget(home.app, 'c'))).to.equal('TARGET_NAME_UNKNOWN');
  });

  it('that only the journal knows are declared when they are used', async () => {
    writeConfig(home.dir, externalTo(A, 'max_events = 9\n'));
    await drain();
    writeConfig(home.dir, externalTo(B));
    await drain();
    await useTarget(home.app, '1');
    expect(await drain()).to.include({ target_id: 1 });
    expect((await (await targets()).find(1))?.settings).to.include({ maxEvents: 9 });
  });

  it('that are wrong get nothing, by whatever name, and the others go on', async () => {
    await addTarget(home.app, { name: 'a', url: A });
    await addTarget(home.app, { name: 'b', url: B });
    await capture('1');
    writeConfig(home.dir, file().replace(`"${A}"`, `"${A}"\nrate = "fast"`));
    for (const given of ['a', '1', A])
      expect(await drain(given), given).to.deep.include({
        posts: 0,
        blocked_reason: 'config_unreadable',
        message:
          'redrain.targets.a.rate must be a number of events in a time: "500/s", "30/m" or "1000/h", got "fast".',
      });
    expect(await drain('b')).to.include({ delivered: 1 });
    expect(await codeOf(useTarget(home.app, 'a'))).to.equal('TARGET_MISCONFIGURED');
  });

  it('of [sync.external] are declared under the name of their host, and can be renamed', async () => {
    writeConfig(home.dir, externalTo(A, '# mine\nmax_events = 9\n'));
    await capture('1');
    expect(await drain('127.0.0.1-9')).to.include({ target_id: 1, delivered: 1 });
    await renameTarget(home.app, '127.0.0.1-9', 'billing');
    expect(file()).to.match(/\[sync\.targets\.billing\]\nurl = .*\n.*max_events = 9/s);
    expect(file()).not.to.match(/^endpoint/m);
    expect(await drain()).to.include({ target_id: 1, selected: 0 });
  });
});
