import { spawn } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { LitequeQueues } from '../../src/queue/liteque-queue.js';
import { rounds } from '../support/rounds.js';
import { closeAfterTest, temporaryHome } from '../support/temporary-home.js';

const CHILD = fileURLToPath(new URL('./children/scheduler-child.js', import.meta.url));
const MINUTE = 60_000;
const STEP = rounds(10, 1) * MINUTE;

/** A day in Berlin, from midnight to midnight, with the ticks that people there expect. */
const DAYS = [
  { day: '2026-03-29', from: '2026-03-28T23:00Z', to: '2026-03-29T22:00Z', hours: 23 },
  { day: '2026-07-01', from: '2026-06-30T22:00Z', to: '2026-07-01T22:00Z', hours: 24 },
  { day: '2026-10-25', from: '2026-10-24T22:00Z', to: '2026-10-25T23:00Z', hours: 25 },
];

interface Child {
  /** The jobs that ran there since it was asked the last time. */
  ran(): Promise<string[]>;
}

async function startChild(file: string, clock: string): Promise<Child> {
  const child = spawn(process.execPath, [CHILD, file, clock], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  closeAfterTest(() => {
    child.stdin.end();
    return new Promise((resolve) => child.on('close', resolve));
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => (await lines.next()).value as string;
  await next();
  return {
    async ran() {
      child.stdin.write('\n');
      return JSON.parse(await next()) as string[];
    },
  };
}

describe('two schedulers in two processes', () => {
  for (const { day, from, to, hours } of DAYS)
    it(`make each tick of ${day} in Berlin once`, async () => {
      const home = temporaryHome();
      const file = join(home, 'redrain', 'jobs.db');
      const clock = join(home, 'clock');
      const [start, end] = [Date.parse(from), Date.parse(to)];
      /** For both at the same moment: whoever is behind would hold a job by a time that is over for the other. */
      const setClock = (time: number): void => {
        writeFileSync(`${clock}.next`, String(time));
        renameSync(`${clock}.next`, clock);
      };
      setClock(start - 1);
      const queues = await LitequeQueues.open(file, { clock: { now: () => start - 1 } });
      closeAfterTest(() => queues.close());
      const queue = queues.queue('work');
      for (const [id, pattern] of [
        ['night', '30 2 * * *'],
        ['half-hours', '*/30 * * * *'],
      ] as const)
        await queue.upsertJobScheduler(id, { pattern, tz: 'Europe/Berlin' }, { name: id });
      await queue.upsertJobScheduler('every', { every: 20 * MINUTE }, { name: 'every' });

      const children = await Promise.all([startChild(file, clock), startChild(file, clock)]);
      const ran: string[] = [];
      const hear = async (): Promise<void> => {
        for (const ids of await Promise.all(children.map((child) => child.ran()))) ran.push(...ids);
      };
      for (let now = start; now < end; now += STEP) {
        setClock(now);
        await hear();
      }
      // One may run what the other has made after it was asked.
      await hear();

      expect(new Set(ran).size, 'no tick twice').to.equal(ran.length);
      const count = (id: string) => ran.filter((one) => one.startsWith(`repeat:${id}:`)).length;
      expect({
        night: count('night'),
        halfHours: count('half-hours'),
        every: count('every'),
      }).to.deep.equal({
        night: 1,
        halfHours: hours * 2,
        every: hours * 3,
      });
    });
});
