import { expect } from 'chai';
import pino from 'pino';
import { reportStatus } from '../../src/app/status.js';
import { dispatchWorker } from '../../src/workers/dispatch-worker.js';
import { readyNotes } from '../../src/workers/readiness.js';
import { stoppedWork } from '../../src/workers/stopped-work.js';
import { envelopes, externalTo, writeConfig } from '../library/given-redrain.js';
import { changeJournal } from '../library/journal-rows.js';
import { ScriptedReceiver } from '../support/scripted-receiver.js';
import { temporaryHome } from '../support/temporary-home.js';
import { announceWorker, type GivenService, givenService, runIdle } from './given-service.js';

async function given(args: readonly string[] = []): Promise<GivenService> {
  const home = temporaryHome();
  writeConfig(home, externalTo('http://a.test/in'));
  const service = await givenService(home, args, { receiver: () => new ScriptedReceiver() });
  const inputs = envelopes(2).map((one) => ({ bytes: Buffer.from(JSON.stringify(one)) }));
  await service.app.captureGroup(inputs);
  await drained(service);
  await service.app.captureGroup([{ bytes: Buffer.from('{"event_id":"n","event_type":"T"}') }]);
  return service;
}

const drained = ({ app }: GivenService) =>
  app.drain({ ignoreBackoff: true, waitForLock: true, signal: new AbortController().signal });

const openCircuit = ({ app }: GivenService): void =>
  changeJournal(
    app.paths.home,
    `UPDATE target SET circuit_failures = 5, circuit_open_until = ${app.now() + 60_000}`,
  );

describe('/readyz of a worker', () => {
  it('has no reason while it can do its work, whatever waits', async () => {
    const service = await given();
    for (const work of ['capture', 'dispatch', 'migrate', 'gc'] as const)
      expect(await stoppedWork(service, work, [work]), work).to.equal(undefined);
  });

  it('gives the findings of status that stop what it serves, and no others', async () => {
    const service = await given();
    openCircuit(service);
    const { findings } = await reportStatus(service.app);
    const [circuit] = findings.filter(({ check }) => check === 'circuit');
    expect(await stoppedWork(service, 'dispatch', ['dispatch'])).to.equal(circuit?.message);
    expect(await stoppedWork(service, 'dispatch', ['dispatch:1'])).to.equal(circuit?.message);
    expect(await stoppedWork(service, 'dispatch', ['dispatch:2'])).to.equal(undefined);
    expect(await stoppedWork(service, 'gc', ['gc'])).to.equal(undefined);
  });

  it('has none while one of its targets can be served', async () => {
    const service = await given();
    openCircuit(service);
    const queues = ['dispatch:1', 'dispatch:2'];
    expect(await stoppedWork(service, 'dispatch', queues)).to.equal(undefined);
  });

  it('names an unreadable configuration to workers that send, and to no others', async () => {
    const service = await given();
    writeConfig(service.app.paths.home, '[sync\n');
    expect(await stoppedWork(service, 'dispatch', ['dispatch'])).to.match(/config\.toml/);
    expect(await stoppedWork(service, 'dispatch', ['dispatch:7'])).to.match(/config\.toml/);
    expect(await stoppedWork(service, 'capture', ['capture'])).to.equal(undefined);
  });

  it('is ready under a mode that sends nothing, and names it to those who send', async () => {
    const service = await given();
    expect(await readyNotes(service, 'dispatch')).to.deep.equal([]);
    writeConfig(service.app.paths.home, '[sync]\nmode = "LOCAL_RETENTION"\n');
    for (const queue of ['dispatch', 'dispatch:1'])
      expect(await stoppedWork(service, 'dispatch', [queue]), queue).to.equal(undefined);
    const [note] = await readyNotes(service, 'dispatch');
    expect(note).to.match(/^Mode keep sends nothing/);
    expect(await readyNotes(service, 'gc')).to.deep.equal([]);
  });

  it('names the switch that is off to a worker of the target in force only', async () => {
    const service = await given();
    writeConfig(service.app.paths.home, '[sync]\nserver_url = "https://a.test"\n');
    expect(await stoppedWork(service, 'dispatch', ['dispatch'])).to.match(/switched off/);
    expect(await stoppedWork(service, 'dispatch', ['dispatch:1'])).to.equal(undefined);
  });

  it('names a paused queue in which jobs wait', async () => {
    const service = await given();
    const queue = service.queues.queue('gc');
    await queue.add('gc', {});
    await queue.pause();
    expect(await stoppedWork(service, 'gc', ['gc'])).to.match(/queue gc is paused/);
    expect(await stoppedWork(service, 'capture', ['capture'])).to.equal(undefined);
  });
});

describe('the workers that status shows', () => {
  it('are those that live and said so a moment ago; queues of others are served by nobody', async () => {
    const service = await given();
    await service.queues.queue('gc').add('gc', {});
    await announceWorker(service, { kind: 'gc', queues: ['gc'] });
    const { document } = await reportStatus(service.app);
    expect(document.jobs).to.have.nested.property('workers[0].kind', 'gc');
    expect(document.findings.map(({ check }) => check)).to.not.include('unserved');
    service.clock.now += 600_000;
    const later = await reportStatus(service.app);
    expect(later.document.jobs).to.have.deep.property('workers', []);
    expect(later.findings.map(({ check }) => check)).to.include('unserved');
  });
});

describe('the log line of a drain that a mode stops', () => {
  it('carries the reason and the message', async () => {
    const service = await given(['--target', '1']);
    const lines: { msg: string; blocked_reason?: string; message?: string }[] = [];
    const log = pino({}, { write: (line: string) => lines.push(JSON.parse(line)) });
    writeConfig(service.app.paths.home, '[sync]\nmode = "LOCAL_RETENTION"\n');
    await service.queues.queue('dispatch:1').add('drain', { targetId: 1 });
    await runIdle(dispatchWorker, { ...service, log });
    const [line] = lines.filter(({ msg }) => msg === 'drained');
    expect(line, JSON.stringify(lines)).to.include({ blocked_reason: 'delivery_off' });
    expect(line?.message).to.match(/^Mode keep sends nothing/);
  });
});
