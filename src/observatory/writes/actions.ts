import type { App } from '../../app/app.js';
import { readConflict, resolveConflict } from '../../app/conflicts.js';
import { readQueues, withQueues } from '../../app/jobs/enqueue.js';
import { replayEvents } from '../../app/replay.js';
import type { RequeueReport } from '../../app/requeue.js';
import { retryEvents } from '../../app/retry.js';
import { changeTarget } from '../../app/target-changes.js';
import { readTarget } from '../../app/target-details.js';
import type { Keep } from '../../conflicts/conflict-store.js';
import { counted, statusWord } from '../words.js';

/** What can be planned; what is not here cannot be done from a browser. */
export const ACTIONS = ['retry', 'replay', 'ack', 'resolve', 'pause', 'resume'] as const;
export type Action = (typeof ACTIONS)[number];

/** What an action is about, as it stands in an address. */
export type Subject = Readonly<Record<string, string>>;

/** What an action would do now. */
export interface Plan {
  readonly title: string;
  /** Numbers and states that the plan is bound to, each with what it counts. */
  readonly counts: readonly (readonly [what: string, value: string | number])[];
  /** What else there is to know. */
  readonly notes: readonly string[];
  /** False where applying it would change nothing. */
  readonly isWorth: boolean;
}

/** What an action came to, in sentences. */
export type Outcome = readonly string[];

interface Kind {
  /** Keys of the subject; others of an address are not looked at. */
  readonly keys: readonly string[];
  plan(app: App, subject: Subject, selection: Selection): Promise<Plan>;
  apply(app: App, subject: Subject, selection: Selection): Promise<Outcome>;
}

/** Times of the filters, read once for the plan and for what follows from it. */
export interface Selection {
  readonly type?: string | undefined;
  readonly project?: string | undefined;
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  readonly events?: readonly string[] | undefined;
  readonly cause?: string | undefined;
}

const FILTERS = ['target', 'type', 'project', 'since', 'until', 'event'];

const requeue = (kind: 'retry' | 'replay'): Kind => ({
  // What is delivered failed for no cause.
  keys: kind === 'retry' ? [...FILTERS, 'cause'] : FILTERS,
  async plan(app, { target = '' }, selection) {
    const report = await reportOf(app, kind, target, { ...selection, dryRun: true });
    const verb = kind === 'retry' ? 'Make due now' : 'Deliver again';
    return {
      title: `${verb}: ${counted(report.selected, 'event')}`,
      counts: countsOf(report),
      notes: NOTES[kind],
      isWorth: report.selected > 0,
    };
  },
  async apply(app, { target = '' }, selection) {
    const { selected } = await reportOf(app, kind, target, selection);
    const done = kind === 'retry' ? 'due now' : 'marked to be delivered again';
    const are = selected === 1 ? 'is' : 'are';
    return [`${counted(selected, 'event')} ${are} ${done}. The next drain sends them.`];
  },
});

const NOTES = {
  retry: ['Errors and counts of attempts are kept. Nothing is sent by this: the next drain does.'],
  replay: [
    'Each event goes out in a new generation; the earlier success stays in its history. Nothing is sent by this: the next drain does.',
  ],
} as const;

async function reportOf(
  app: App,
  kind: 'retry' | 'replay',
  target: string,
  options: Selection & { readonly dryRun?: boolean },
): Promise<RequeueReport> {
  if (kind === 'replay') return replayEvents(app, { ...options, target });
  const { targets } = await retryEvents(app, { ...options, target });
  return targets[0] as RequeueReport;
}

/** Every number of the report, so that a plan is refused when any of them moved. */
function countsOf(report: RequeueReport): Plan['counts'] {
  const { selected, by_status, in_flight, already_marked, not_live, target_url } = report;
  return [
    ['target', target_url],
    ['events that change', selected],
    ...inOrder(by_status).map(([status, n]) => [`of them ${statusWord(status)}`, n] as const),
    ['on the wire, left alone', in_flight],
    ['marked already', already_marked],
    ...inOrder(not_live).map(([why, n]) => [`${why}, left alone`, n] as const),
  ];
}

/** In one order, however they were counted: a plan is refused only where a number moved. */
const inOrder = (counts: Readonly<Record<string, number>>) =>
  Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1));

const ack: Kind = {
  keys: ['target'],
  async plan(app, { target = '' }) {
    const { record, name } = await readTarget(app, target);
    const signal = record?.resetSignal ?? null;
    return {
      title: `Acknowledge the reset signal of ${name}`,
      counts: [['reset signal', signal === null ? 'none' : JSON.stringify(signal)]],
      notes: ['Sends nothing again. A replay does.'],
      isWorth: signal !== null,
    };
  },
  async apply(app, { target = '' }) {
    const { name } = await changeTarget(app, target, { kind: 'ack' });
    return [`The reset signal of ${name} is acknowledged.`];
  },
};

const resolve: Kind = {
  keys: ['conflict', 'keep'],
  async plan(app, { conflict = '', keep }) {
    const { kept } = await readConflict(app, conflict);
    const decision = await resolveConflict(app, conflict, keepOf(keep), false);
    return {
      title: `Decide conflict ${decision.conflict_id}: keep ${decision.kept}`,
      counts: [
        ['event', decision.event_id],
        ['decided before', kept ?? 'no'],
        ['revision in force afterwards', decision.revision],
        ...decision.targets.map(
          ({ canonical_url, receives, reason }) =>
            [canonical_url, `${receives ? 'gets it' : 'does not get it'}, ${reason}`] as const,
        ),
      ],
      notes: ['Both contents stay readable. A decision is not taken back.'],
      isWorth: kept === null,
    };
  },
  async apply(app, { conflict = '', keep }) {
    const { conflict_id, kept, revision } = await resolveConflict(
      app,
      conflict,
      keepOf(keep),
      true,
    );
    return [
      `Conflict ${conflict_id} is decided: ${kept} is kept, revision ${revision} is in force.`,
    ];
  },
};

const keepOf = (text: string | undefined): Keep => (text === 'incoming' ? 'incoming' : 'journal');

const pausing = (kind: 'pause' | 'resume'): Kind => ({
  keys: ['queue'],
  async plan(app, { queue = '' }) {
    const found = await readQueues(app, async (queues) => ({
      isPaused: await queues.queue(queue).isPaused(),
      counts: await queues.queue(queue).getJobCounts(),
      isKnown: (await queues.names()).includes(queue),
    }));
    const isPaused = found?.isPaused === true;
    return {
      title: `${kind === 'pause' ? 'Pause' : 'Resume'} the queue ${queue}`,
      counts: [['the queue is', isPaused ? 'paused' : 'not paused']],
      notes: [
        `${counted(found?.counts.waiting ?? 0, 'job')} ${found?.counts.waiting === 1 ? 'waits' : 'wait'} in it now.`,
        kind === 'pause'
          ? 'No worker starts a job of it until it is resumed. Jobs that run go on.'
          : 'Workers start its jobs again.',
      ],
      isWorth: found?.isKnown === true && isPaused !== (kind === 'pause'),
    };
  },
  async apply(app, { queue = '' }) {
    await withQueues(app, (queues) => queues.queue(queue)[kind]());
    return [`The queue ${queue} is ${kind === 'pause' ? 'paused' : 'resumed'}.`];
  },
});

/** Each action: its plan and how it is done, by the use cases that the command line uses. */
export const KINDS: Readonly<Record<Action, Kind>> = {
  retry: requeue('retry'),
  replay: requeue('replay'),
  ack,
  resolve,
  pause: pausing('pause'),
  resume: pausing('resume'),
};
