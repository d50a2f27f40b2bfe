import { existsSync } from 'node:fs';
import { step } from '../../base/steps.js';
import { compact } from '../../files/compact.js';
import { plainMessage } from '../../files/trouble.js';
import type { Queues } from '../../queue/ports.js';
import type { ErasedEvent, ErasurePlace, PlaceFindings } from '../../retention/erased-event.js';
import type { App } from '../app.js';
import { readQueues, withQueues } from '../jobs/enqueue.js';
import { placeOfJobs } from '../jobs/open-queues.js';
import { targetOfQueue } from '../jobs/queue-names.js';
import { JobTexts } from './job-texts.js';

async function textsWithout(app: App, event: ErasedEvent): Promise<JobTexts> {
  const { settings } = await app.situation();
  return new JobTexts(event, settings.capture.fields);
}

/** The job queue: what jobs carry, what came of them, schedules, events; of jobs.db the free pages, too. */
export function jobsPlace(app: App): ErasurePlace {
  const file = app.paths.jobsDb;
  return {
    name: 'jobs',
    look: async (event) => {
      const texts = await textsWithout(app, event);
      await readQueues(app, (queues) => countIn(queues, texts));
      return { copies: texts.copies, remains: toldOf(texts) };
    },
    erase: async (event) => {
      if (!existsSync(file) && (await placeOfJobs(app)) === undefined)
        return { copies: 0, remains: [] };
      const texts = await textsWithout(app, event);
      try {
        const drains = await withQueues(app, async (queues) => {
          await queues.editTexts((text) => texts.without(text));
          return runningDrains(queues, event);
        });
        step('redact.jobs-erased');
        return {
          copies: texts.copies,
          remains: [...toldOf(texts), ...drains, ...(await rewritten(file, app.env))],
        };
      } catch (error) {
        return { copies: texts.copies, remains: [`${file}: ${plainMessage(error)}`] };
      }
    },
  };
}

/** A copy of each value is edited: nothing is written. */
async function countIn(queues: Queues, texts: JobTexts): Promise<void> {
  await queues.editTexts((text) => {
    texts.without(text);
    return text.value;
  });
}

async function rewritten(file: string, env: NodeJS.ProcessEnv): Promise<PlaceFindings['remains']> {
  try {
    const { log_emptied } = await compact(file, env);
    if (log_emptied) return [];
    return [`${file}-wal: another process reads the jobs; run the command again when it has ended`];
  } catch (error) {
    return [`free pages of jobs.db: ${plainMessage(error)}`];
  }
}

function toldOf({ running, sameBytes }: JobTexts): string[] {
  return [
    ...[...running.values()].map(
      ({ queue, id }) =>
        `job ${id} of queue ${queue} runs with it now: run the command again when it has ended`,
    ),
    ...[...sameBytes.values()].map(
      ({ queue, id }) =>
        `job ${id} of queue ${queue} waits with the same bytes without an id, which will be another event: \`redrain jobs remove ${queue} ${id}\` removes that job`,
    ),
  ];
}

/** A drain that tried the event in this very job writes its report, with the server's words, at its end. */
async function runningDrains(queues: Queues, event: ErasedEvent): Promise<string[]> {
  const { lastAttemptAt } = event;
  if (lastAttemptAt === null) return [];
  const found: string[] = [];
  for (const name of await queues.names()) {
    if (targetOfQueue(name) === null) continue;
    for (const job of await queues.queue(name).getJobs(['active']))
      if (job.processedOn !== null && job.processedOn <= lastAttemptAt)
        found.push(
          `job ${job.id} of queue ${name} runs and has tried to send it: run the command again when it has ended`,
        );
  }
  return found;
}
