import { expect } from 'chai';
import { App } from '../../src/app/app.js';
import { resolveConflict } from '../../src/app/conflicts.js';
import { changeProjects } from '../../src/app/projects.js';
import { composeBody } from '../../src/receivers/request-body.js';
import { describeOnEachHome, type EngineHomes } from '../support/each-engine.js';
import { results } from '../support/scripted-receiver.js';
import { closeAfterTest } from '../support/temporary-home.js';
import { externalTo, givenRedrain } from './given-redrain.js';

const BIG = ['1524831183200260097', '1524831183200260098', '-9223372036854775808'];

interface IdRow {
  readonly event_id: string;
  readonly carries_id: 0 | 1;
}

const ids = (on: EngineHomes, home: string): Promise<IdRow[]> =>
  on.rows<IdRow>(home, 'SELECT event_id, carries_id FROM event ORDER BY seq');

const payloads = (on: EngineHomes, home: string) => on.rows(home, 'SELECT seq FROM payload');

describeOnEachHome('ids that are numbers', (on) => {
  it('are taken by their digits, wherever the id stands', async () => {
    const { home, redrain } = await givenRedrain({ on });
    const inputs = BIG.map((digits) => `{"meta":{"id":${digits}},"event_type":"T"}`);
    const report = await redrain.captureMany(inputs, { idField: 'meta.id' });
    expect(report).to.include({ captured: 3, duplicates: 0 });
    await redrain.capture('{"specversion":"1.0","id":9007199254740993,"type":"T"}');
    await redrain.capture(
      '{"event_id": 340282366920938463463374607431768211456 ,"event_type":"T"}',
    );
    await redrain.capture('{"l":[{"id":90071992547409931}],"event_type":"T"}', {
      idField: 'l.0.id',
    });
    expect((await ids(on, home)).map(({ event_id }) => event_id)).to.deep.equal([
      ...BIG,
      '9007199254740993',
      '340282366920938463463374607431768211456',
      '90071992547409931',
    ]);
    const again = await redrain.captureMany(inputs, { idField: 'meta.id' });
    expect(again).to.include({ captured: 0, duplicates: 3, conflicts: 0 });
    expect((await redrain.inspect(BIG[0] ?? ''))?.event_id).to.equal(BIG[0]);
  });

  it('conflict with other content under the same digits, a string included', async () => {
    const { redrain } = await givenRedrain({ on });
    await redrain.capture('{"event_id":7,"event_type":"T"}');
    expect(await redrain.capture('{"event_type":"T" , "event_id":7}')).to.include({
      kind: 'duplicate',
    });
    expect(await redrain.capture('{"event_id":"7","event_type":"T"}')).to.include({
      kind: 'conflict',
      eventId: '7',
    });
    expect(await redrain.capture('{"event_id":7,"event_type":"T","n":1}')).to.include({
      kind: 'conflict',
    });
  });

  it('travel as a string beside the untouched payload', async () => {
    const { home, redrain, receiver } = await givenRedrain({ on });
    const payload = '{"event_id":1524831183200260097,"event_type":"T"}';
    await redrain.capture(payload);
    expect(await ids(on, home)).to.deep.equal([{ event_id: '1524831183200260097', carries_id: 0 }]);
    let body = '';
    receiver.answer = (batch) => {
      body = composeBody(batch).toString();
      return results(batch, () => ({ kind: 'success' }));
    };
    expect(await redrain.drain()).to.include({ delivered: 1 });
    expect(body).to.equal(
      `{"events":[{"event_id":"1524831183200260097","event_type":"T","timestamp":null,"payload":${payload}}]}`,
    );
  });

  it('are refused with a point or an exponent: readers respell those', async () => {
    const { home, redrain } = await givenRedrain({ on });
    const report = await redrain.captureMany(
      ['1.0', '1e3', '-1.5E-3', '9'.repeat(513)].map((n) => `{"event_id":${n},"event_type":"T"}`),
    );
    expect(report).to.include({ captured: 0 });
    const [point, exponent, both, long] = report.errors.map(({ problem }) => problem);
    expect(point).to.match(/^event_id is the number 1\.0: only a whole number/);
    expect(exponent).to.include('1e3');
    expect(both).to.include('-1.5E-3');
    expect(long).to.include('longer than 512');
    expect(await payloads(on, home)).to.deep.equal([]);
  });
});

describeOnEachHome('an odd envelope', (on) => {
  const ODD = ['7', '1524831183200260097', 'true', '{"uuid":"harbor"}', '["harbor"]', '[ ]'];
  const config = externalTo(
    'http://a.test/in',
    'projects = "allowed"\n[sync.projects]\nharbor = "allow"\nunassigned = "allow"\n',
  );

  it('whose project is not a string is of an unknown project: held, counted and shown', async () => {
    const { redrain, receiver } = await givenRedrain({ on, config });
    for (const [i, project] of ODD.entries())
      await redrain.capture(`{"event_id":"odd${i}","event_type":"T","project_uuid":${project}}`);
    for (const none of ['null', '""'])
      await redrain.capture(`{"event_id":${none.length},"event_type":"T","project_uuid":${none}}`);
    const report = await redrain.drain();
    expect(report).to.include({ delivered: 2 });
    expect(receiver.posts.flat()).to.have.members(['4', '2']);
    const rows = await redrain.projects();
    const held = rows.filter(({ allowed }) => !allowed);
    expect(held.map(({ project_uuid }) => project_uuid)).to.have.members([
      '(number) 7',
      '(number) 1524831183200260097',
      '(boolean) true',
      '(object) {"uuid":"harbor"}',
      '(array) ["harbor"]',
      '(array) []',
    ]);
    expect(held.reduce((sum, { events }) => sum + events, 0)).to.equal(ODD.length);
  });

  it('that wins a conflict, or has the name of a rule, is held all the same', async () => {
    const { home, redrain } = await givenRedrain({ on, config });
    await redrain.capture('{"event_id":"a","event_type":"T","project_uuid":"pier"}');
    await redrain.capture('{"event_id":"a","event_type":"T","project_uuid":7}');
    await redrain.capture('{"event_id":"b","event_type":"T","project_uuid":"unassigned"}');
    const app = new App({ home, env: on.env(home) });
    closeAfterTest(() => app.close());
    await resolveConflict(app, 'a', 'incoming', true);
    expect(await redrain.drain()).to.include({ delivered: 0 });
    const rules = await changeProjects(app, 'allow', { uuids: [], all: true, unassigned: false });
    expect(rules).to.have.members(['pier', '(number) 7']);
    expect(await redrain.drain()).to.include({ delivered: 1 });
  });

  it('with a key twice that decides something is refused by name', async () => {
    const { home, redrain } = await givenRedrain({ on, config });
    const whole = '"event_id":"a","event_type":"T"';
    const cases: readonly (readonly [envelope: string, key: string])[] = [
      [`{${whole},"project_uuid":"harbor","project_uuid":"secret"}`, 'project_uuid'],
      [`{${whole},"project_uuid":null,"project_uuid":"secret"}`, 'project_uuid'],
      [`{${whole},"project_uuid":"harbor","project\\u005fuuid":"harbor"}`, 'project_uuid'],
      [`{${whole},"event_type":"T"}`, 'event_type'],
      [`{${whole},"repo_slug":"x/y","repo_slug":"x/z"}`, 'repo_slug'],
      [`{${whole},"event_id":"b"}`, 'event_id'],
      ['{"specversion":"1.0","id":"a","id":"b","type":"T"}', 'id'],
      ['{"specversion":"1.0","id":"a","type":"T","type":"U"}', 'type'],
    ];
    for (const [envelope, key] of cases) {
      const [error] = (await redrain.captureMany([envelope])).errors;
      expect(error?.problem, envelope).to.equal(
        `two top-level ${key} keys: parsers would disagree`,
      );
    }
    const nested = '{"event_type":"T","m":{"id":"a","id":"b"}}';
    expect((await redrain.captureMany([nested], { idField: 'm.id' })).errors[0]?.problem).to.equal(
      'two id keys within m.id: parsers would disagree',
    );
    expect(await payloads(on, home)).to.deep.equal([]);
    const elsewhere = `{${whole},"payload":{"project_uuid":"x","event_id":"y","k":1,"k":2}}`;
    expect(await redrain.capture(elsewhere)).to.include({ kind: 'captured' });
  });

  it('with two times has none that is understood', async () => {
    const { home, redrain } = await givenRedrain({ on });
    const times = '"timestamp":"2026-01-01T00:00:00Z","timestamp":"2027-01-01T00:00:00Z"';
    await redrain.capture(`{"event_type":"T",${times}}`);
    expect(await on.rows(home, 'SELECT event_time, occurred_at FROM event')).to.deep.equal([
      { event_time: null, occurred_at: null },
    ]);
  });

  it('with a coalescing field twice is sent, not coalesced', async () => {
    const { redrain } = await givenRedrain({
      on,
      config: `${externalTo('http://a.test/in')}[sync.coalesce]\nBeat = ["host", "at.zone"]\n`,
    });
    const beat = (id: string, rest: string): string =>
      `{"event_id":"${id}","event_type":"Beat",${rest}}`;
    await redrain.capture(beat('1', '"host":"a","at":{"zone":"z"}'));
    await redrain.capture(beat('2', '"host":"a","at":{"zone":"z"}'));
    await redrain.capture(beat('3', '"host":"b","host":"a","at":{"zone":"z"}'));
    await redrain.capture(beat('4', '"host":"a","at":{"zone":"y","zone":"z"}'));
    expect(await redrain.drain()).to.include({ delivered: 3 });
  });
});
