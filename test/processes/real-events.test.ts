import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { DrainReport } from '../../src/dispatch/drain-report.js';
import type { CaptureReport } from '../../src/journal/capture-summary.js';
import type { Sink } from '../../src/receivers/stub/sink.js';
import { inPairs, startReceiver } from '../support/cli.js';
import { WarmCli } from '../support/warm-cli.js';
import { sendTo } from './given-events.js';
import { payloads } from './journal-rows.js';

const TYPE = 'WPStatusChanged';
const DAMAGED = 'damaged.jsonl';
const FOREIGN = [
  '{"at": "2026-08-10T00:17:37Z",  "kind":"annotation", "n":1.0}',
  '{"specversion":"1.0", "id":"cloud-1", "type":"com.example.done", "source":"/x", "time":"2026-08-10T00:17:37Z", "data":{"é":"\\u00e9"}}',
];

/** The lines of a file as bytes; text would hide what is not UTF-8. */
function linesOf(file: string): Buffer[] {
  const bytes = readFileSync(file);
  const lines: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(10, at);
    const stop = end < 0 ? bytes.length : end;
    if (stop > at) lines.push(bytes.subarray(at, stop));
    at = stop + 1;
  }
  return lines;
}

/** An event with an id of its own travels bare, any other as the `payload` of a wrapper. */
function assertArrived(sink: Sink, eventId: string, bytes: Buffer): void {
  const received = sink.bytesOf(eventId);
  if (received === undefined) expect.fail(`${eventId} never arrived`);
  const event = JSON.parse(bytes.toString()) as { event_id?: string };
  if (event.event_id === eventId) {
    expect(received.equals(bytes), `bytes of ${eventId}`).to.equal(true);
    return;
  }
  const tail = Buffer.concat([Buffer.from('"payload":'), bytes, Buffer.from('}')]);
  expect(received.subarray(-tail.length).equals(tail), `payload of ${eventId}`).to.equal(true);
  const wrapper = JSON.parse(`${received.subarray(0, -tail.length)}"payload":0}`) as object;
  expect(wrapper).to.have.all.keys('event_id', 'event_type', 'timestamp', 'payload');
  expect(wrapper).to.have.property('event_id', eventId);
}

async function assertArrivesWhole(files: string[], count: number, more: string[]): Promise<void> {
  const cli = new WarmCli();
  const [a, b] = await inPairs([1, 2], () => startReceiver());
  const capture = await cli.run(['capture', '--json', ...more, ...files]);
  expect(capture.code, capture.stderr).to.equal(0);
  expect(capture.json<CaptureReport>()).to.include({ captured: count, duplicates: 0 });
  const stored = payloads(cli.home);
  const given = files.flatMap(linesOf);
  expect(Buffer.concat(stored.map(({ bytes }) => bytes))).to.deep.equal(Buffer.concat(given));

  for (const receiver of [a!, b!]) {
    sendTo(cli, receiver.url);
    const run = await cli.run(['now', '--json']);
    expect(run.code, run.stderr).to.equal(0);
    expect(run.json<DrainReport>()).to.include({ delivered: count, unsent: 0 });
    expect(receiver.sink.stats()).to.include({ events: count, unique: count });
    for (const { eventId, bytes } of stored) assertArrived(receiver.sink, eventId, bytes);
  }
}

describe('events of other programs', () => {
  it('arrive at A and then at B within a wrapper, their bytes as they were', async () => {
    const file = new WarmCli().file('foreign.jsonl', FOREIGN);
    await assertArrivesWhole([file], FOREIGN.length, ['--type', TYPE]);
  });

  const directory = path.resolve('..', 'shared', 'data', 'real-events');
  if (!existsSync(directory)) return;
  const names = readdirSync(directory).filter((name) => name.endsWith('.jsonl'));
  const files = names.filter((name) => name !== DAMAGED).map((name) => path.join(directory, name));

  it('arrive at A and then at B byte for byte, as real machines wrote them', async () => {
    const count = files.flatMap(linesOf).length;
    expect(count).to.be.above(0);
    await assertArrivesWhole(files, count, ['--type', TYPE]);
  });

  if (!names.includes(DAMAGED)) return;

  it('leave out the damaged lines of a log, each with its file and line', async () => {
    const cli = new WarmCli();
    const file = path.join(directory, DAMAGED);
    const run = await cli.run(['capture', '--json', '--type', TYPE, file]);
    expect(run.code).to.equal(3);
    const report = run.json<CaptureReport>();
    expect(report).to.include({ captured: 3, lost: 0 });
    expect(report.errors).to.have.length(3);
    for (const { file: name, line, problem } of report.errors) {
      expect(name).to.equal(file);
      expect(problem).to.be.a('string');
      expect(run.stderr).to.include(`${file}:${line}: ${problem}`);
    }
    expect(payloads(cli.home)).to.have.length(3);
  });
});
