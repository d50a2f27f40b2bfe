import type { QueueEvents } from 'bullmq';
import type { JobEvent, JobEventName } from '../queue/ports.js';
import { JOB_EVENTS } from '../queue/ports.js';
import { unwrapped } from './job-mapping.js';
import { fromBull } from './names.js';
import type { QueueContext, Surroundings } from './queue-context.js';

interface Listener {
  readonly queue: QueueContext;
  readonly event: JobEventName;
  tell(event: JobEvent): void;
}

/** One queue that is listened to. */
class Heard {
  readonly listeners = new Set<Listener>();
  events: QueueEvents | undefined;
  isOver = false;

  async close(): Promise<void> {
    this.isOver = true;
    await this.events?.close();
  }
}

/** Tells listeners what happened in a queue, in whatever process. One connection for each queue. */
export class EventListeners {
  readonly #around: Surroundings;
  readonly #heard = new Map<string, Heard>();

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /** From now on: what happened before is not told. Returns how to stop. */
  listen(listener: Listener): () => void {
    const { name } = listener.queue;
    const heard = this.#heard.get(name) ?? this.#start(listener.queue);
    heard.listeners.add(listener);
    return () => {
      heard.listeners.delete(listener);
      if (heard.listeners.size > 0) return;
      this.#heard.delete(name);
      // A connection that cannot be ended ends with the process.
      void heard.close().catch(() => undefined);
    };
  }

  async close(): Promise<void> {
    const all = [...this.#heard.values()];
    this.#heard.clear();
    await Promise.all(all.map((one) => one.close()));
  }

  #start(queue: QueueContext): Heard {
    const heard = new Heard();
    this.#heard.set(queue.name, heard);
    void this.#open(queue, heard, this.#around.uptime());
    return heard;
  }

  /** The store is asked a moment later: events are told from the moment of the call on. */
  async #open(queue: QueueContext, heard: Heard, from: number): Promise<void> {
    const { engine, pace, uptime } = this.#around;
    while (!heard.isOver)
      try {
        // Opening a connection takes long, and the time is to be asked over an open one.
        await engine.ping();
        const time = await engine.rows.time();
        // Taken after the answer: too old by its way at most, so nothing since the call is missed.
        const after = await engine.rows.eventBefore(queue.bull, time - (uptime() - from));
        if (!heard.isOver) heard.events = listenTo(engine.events(queue.bull, after), heard);
        return;
      } catch {
        // The store does not answer: whoever works with it says so. What is heard begins later.
        await new Promise((resolve) => setTimeout(resolve, pace.poll));
      }
  }
}

function listenTo(events: QueueEvents, { listeners }: Heard): QueueEvents {
  // It connects again by itself; workers tell of the trouble.
  events.on('error', () => undefined);
  for (const event of JOB_EVENTS)
    events.on(event, (said: object) => {
      const { jobId, ...rest } = said as { jobId: string };
      const one = { event, jobId: fromBull(jobId), detail: detailOf(rest) };
      for (const listener of [...listeners]) if (listener.event === event) listener.tell(one);
    });
  return events;
}

function detailOf(said: object): unknown {
  const { returnvalue, failedReason, data } = said as Record<string, unknown>;
  if (returnvalue !== undefined) return unwrapped(returnvalue).returnvalue;
  return failedReason ?? data ?? null;
}
