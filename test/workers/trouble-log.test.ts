import { expect } from 'chai';
import pino from 'pino';
import { TroubleLog } from '../../src/workers/trouble-log.js';

const QUEUE = { what: 'trouble with the queue', fields: { queue: 'gc' } };

function given() {
  const lines: Record<string, unknown>[] = [];
  const clock = { now: 0 };
  const log = pino(
    { base: {}, timestamp: false },
    { write: (line) => lines.push(JSON.parse(line)) },
  );
  return { trouble: new TroubleLog(log, () => clock.now), clock, lines };
}

const failure = (code: string) => Object.assign(new Error(`it failed: ${code}`), { code });

describe('trouble that lasts, in the log', () => {
  it('is one line when it begins, one a minute, and one when it is over', () => {
    const { trouble, clock, lines } = given();
    for (clock.now = 0; clock.now <= 130_000; clock.now += 100)
      trouble.note(QUEUE, failure('SQLITE_FULL'));
    trouble.over(QUEUE);
    trouble.over(QUEUE);
    expect(lines).to.have.length(4);
    const [first, ...later] = lines;
    expect(first).to.include({ queue: 'gc', msg: QUEUE.what }).and.have.property('err');
    expect(later[0]).to.include({ error: 'it failed: SQLITE_FULL', times: 601, lasted_ms: 60_000 });
    expect(later[0]).not.to.have.property('err');
    expect(later[2]).to.include({ msg: `over: ${QUEUE.what}`, times: 1301, queue: 'gc' });
  });

  it('is told apart by queue and by error', () => {
    const { trouble, lines } = given();
    for (let n = 0; n < 3; n += 1) {
      trouble.note(QUEUE, failure('SQLITE_FULL'));
      trouble.note(QUEUE, failure('SQLITE_READONLY'));
      trouble.note({ ...QUEUE, fields: { queue: 'capture' } }, failure('SQLITE_FULL'));
    }
    expect(lines).to.have.length(3);
  });

  it('begins again after two silent minutes', () => {
    const { trouble, clock, lines } = given();
    trouble.note(QUEUE, failure('SQLITE_FULL'));
    clock.now = 120_000;
    trouble.note(QUEUE, failure('SQLITE_FULL'));
    expect(lines.map(({ err }) => err !== undefined)).to.deep.equal([true, true]);
  });
});
