import { spawn } from 'node:child_process';
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
  /** Sets the clock and returns the jobs that ran because of it. */
  at(time: number): Promise<string[]>;
}

async function startChild(file: string, start: number): Promise<Child> {
  const child = spawn(process.execPath, [CHILD, file, String(start)], {
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
    async at(time) {
      child.stdin.write(`${time}\n`);
      return JSON.parse(await next()) as string[];
    },
  };
}

describe('two schedulers in two processes', () => {
  for (const { day, from, to, hours } of DAYS)
    it(`make each tick of ${day} in Berlin once`, async () => {
      const file = join(temporaryHome(), 'redrain', 'jobs.db');
      const [start, end] = [Date.parse(from), Date.parse(to)];
      const queues = await LitequeQueues.open(file, { clock: { now: () => start - 1 } });
      closeAfterTest(() => queues.close());
      const queue = queues.queue('work');
      for (const [id, pattern] of [
        ['night', '30 2 * * *'],
        ['half-hours', '*/30 * * * *'],
      ] as const)
        await queue.upsertJobScheduler(id, { pattern, tz: 'Europe/Berlin' }, { name: id });
      await queue.upsertJobScheduler('every', { every: 20 * MINUTE }, { name: 'every' });

      const children = await Promise.all([
        startChild(file, start - 1),
        startChild(file, start - 1),
      ]);
      const ran: string[] = [];
      for (let now = start; now < end; now += STEP)
        for (const ids of await Promise.all(children.map((child) => child.at(now))))
          ran.push(...ids);

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
