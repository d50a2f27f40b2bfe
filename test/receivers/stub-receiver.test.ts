import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { Sink } from '../../src/receivers/stub/sink.js';
import { sinkFileName } from '../../src/receivers/stub/sink-name.js';
import { StubReceiver } from '../../src/receivers/stub-receiver.js';
import { anEvent, eventsFor, never } from './events.js';

describe('StubReceiver', () => {
  let folder: string;
  let sinkFile: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'redrain-stub-'));
    sinkFile = path.join(folder, 'stub.db');
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('delivers into its sink, byte for byte, and knows it again', async () => {
    const receiver = new StubReceiver({ endpoint: 'stub:', sinkFile });
    const bytes = Buffer.from('{ "event_id":"a", "n": 1.0 }');
    const first = await receiver.deliver([anEvent('a', { bytes })], never());
    expect(first.outcomes[0]?.kind).to.equal('success');
    expect(first.bytesSent).to.equal('{"events":[]}'.length + bytes.length);
    await receiver.close();
    const second = await receiver.deliver([anEvent('a', { bytes })], never());
    expect(second.outcomes[0]?.kind).to.equal('duplicate');
    await receiver.close();
    const sink = new Sink({ db: sinkFile });
    expect(sink.bytesOf('a')).to.deep.equal(bytes);
    sink.close();
  });

  it('lets signals and timers have their turns before and after each batch', async () => {
    const receiver = new StubReceiver({ endpoint: 'stub:', sinkFile });
    let turns = 0;
    let isOver = false;
    const onTurn = (): void => {
      turns += 1;
      if (!isOver) setImmediate(onTurn);
    };
    setImmediate(onTurn);
    for (let i = 0; i < 3; i += 1) await receiver.deliver([anEvent(`e${i}`)], never());
    isOver = true;
    await receiver.close();
    expect(turns).to.be.at.least(6);
  });

  it('has no gates and sends no health request', async () => {
    const receiver = new StubReceiver({ endpoint: 'stub:', sinkFile });
    expect(await receiver.closedGate()).to.equal(undefined);
    expect(await receiver.greet(never())).to.deep.equal({});
    await receiver.close();
  });

  it('misbehaves as it is told', async () => {
    const outcomes = async (misbehave: object) => {
      const receiver = new StubReceiver({ endpoint: 'stub:', sinkFile: ':memory:', misbehave });
      const report = await receiver.deliver(eventsFor(['a']), never());
      await receiver.close();
      return [report.httpStatus, report.outcomes[0]?.kind];
    };
    expect(await outcomes({ status: 503 })).to.deep.equal([503, 'transient']);
    expect(await outcomes({ rejectTypes: ['Noted'] })).to.deep.equal([200, 'rejected']);
    expect(await outcomes({ reset: 1 })).to.deep.equal([null, 'transient']);
    expect(await outcomes({ status: 413 })).to.deep.equal([413, undefined]);
  });

  it('reports a sink that cannot be opened as no answer', async () => {
    const receiver = new StubReceiver({
      endpoint: 'stub:',
      sinkFile: path.join(folder, 'no', 'stub.db'),
    });
    const report = await receiver.deliver(eventsFor(['a']), never());
    expect(report).to.include({ httpStatus: null });
    expect(report.error).to.match(/cannot be written/);
    await receiver.close();
  });

  it('opens no file before the first batch', async () => {
    const receiver = new StubReceiver({ endpoint: 'stub:', sinkFile });
    await receiver.close();
    expect(() => rmSync(sinkFile)).to.throw(/ENOENT/);
  });
});

describe('sinkFileName', () => {
  it('names a file for each stub endpoint, and for nothing else', () => {
    expect(sinkFileName('stub:')).to.equal('stub.db');
    expect(sinkFileName('stub:Try-2_b')).to.equal('stub-Try-2_b.db');
    for (const odd of [
      'stub',
      'stub:../x',
      'stub:a b',
      'stub:é',
      `stub:${'x'.repeat(65)}`,
      'https://stub:',
    ])
      expect(sinkFileName(odd), odd).to.equal(undefined);
  });
});
