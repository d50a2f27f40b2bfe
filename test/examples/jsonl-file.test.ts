import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { temporaryHome } from '../support/temporary-home.js';
import { drainedTwice, eventOf, ownReceiver, statuses } from './own-receiver.js';

const MODULE = 'jsonl-file/jsonl-file.mjs';
const linesOf = (file: string) =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** The same file by another address: a module of its own, as in another process. */
const opened = (file: string, process: string) => ownReceiver(MODULE, { file, process });

describe('the example of a receiver that writes a file', () => {
  it('writes each event once, also when it comes again to another process', async () => {
    const file = join(temporaryHome(), 'events.jsonl');
    const first = await opened(file, '1');
    const events = [eventOf('a'), eventOf('b'), eventOf('a')];
    expect(await statuses(first, events)).to.deep.equal(['a success', 'b success', 'a duplicate']);
    const second = await opened(file, '2');
    expect(await statuses(second, [eventOf('b'), eventOf('c')])).to.deep.equal([
      'b duplicate',
      'c success',
    ]);
    expect(linesOf(file).map(({ id }) => id)).to.deep.equal(['a', 'b', 'c']);
  });

  it('cuts off what a crash has left of a line, and takes that event', async () => {
    const file = join(temporaryHome(), 'events.jsonl');
    await statuses(await opened(file, '1'), [eventOf('a')]);
    appendFileSync(file, '{"id":"b","type":"Or');
    const after = await opened(file, '2');
    expect(await statuses(after, [eventOf('a'), eventOf('b')])).to.deep.equal([
      'a duplicate',
      'b success',
    ]);
    expect(linesOf(file).map(({ id }) => id)).to.deep.equal(['a', 'b']);
  });

  it('keeps JSON as JSON on one line, and everything else byte for byte', async () => {
    const file = join(temporaryHome(), 'events.jsonl');
    const bytes = Buffer.from([0xff, 0x00, 0x0a]);
    const receiver = await opened(file, '1');
    await statuses(receiver, [eventOf('a', '{\n  "n": 1.50\r\n}\n'), eventOf('b', bytes)]);
    const [first = {}, second = {}] = linesOf(file);
    expect(first).to.deep.include({ id: 'a', type: 'OrderPlaced', payload: { n: 1.5 } });
    expect(readFileSync(file, 'utf8')).to.include('"payload":{   "n": 1.50 }');
    expect(Buffer.from(String(second.payload_base64), 'base64')).to.deep.equal(bytes);
  });

  it('writes a replay again, once', async () => {
    const file = join(temporaryHome(), 'events.jsonl');
    const receiver = await opened(file, '1');
    await statuses(receiver, [eventOf('a')]);
    expect(await statuses(receiver, [eventOf('a')], 2)).to.deep.equal(['a success']);
    expect(await statuses(await opened(file, '2'), [eventOf('a')], 2)).to.deep.equal([
      'a duplicate',
    ]);
    expect(linesOf(file).map(({ generation }) => generation)).to.deep.equal([undefined, 2]);
  });

  it('takes calls that overlap one after another', async () => {
    const file = join(temporaryHome(), 'events.jsonl');
    const receiver = await opened(file, '1');
    const calls = Array.from({ length: 20 }, (_, i) =>
      statuses(receiver, [eventOf('a'), eventOf(`e${i}`)]),
    );
    const said = (await Promise.all(calls)).flat();
    expect(said.filter((one) => one === 'a success')).to.have.lengthOf(1);
    expect(linesOf(file)).to.have.lengthOf(21);
  });

  it('says what failed, and goes on when it can', async () => {
    const directory = join(temporaryHome(), 'later');
    const file = join(directory, 'events.jsonl');
    const receiver = await opened(file, '1');
    const error = await statuses(receiver, [eventOf('a')]).catch((reason: Error) => reason);
    expect(error).to.have.property('code', 'ENOENT');
    mkdirSync(directory);
    expect(await statuses(receiver, [eventOf('a')])).to.deep.equal(['a success']);
  });

  it('is a target like any other', async () => {
    const file = join(temporaryHome(), 'events.jsonl');
    const [first, replay] = await drainedTwice(MODULE, { file });
    expect(first).to.include({ delivered: 3, blocked_reason: null });
    expect(replay).to.include({ delivered: 3, transient: 0 });
    expect(linesOf(file).map(({ id, generation }) => [id, generation])).to.deep.equal([
      ['o0', undefined],
      ['o1', undefined],
      ['o2', undefined],
      ['o0', 2],
      ['o1', 2],
      ['o2', 2],
    ]);
  });
});
