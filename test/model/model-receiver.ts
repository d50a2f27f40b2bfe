import { turn } from '../../src/base/pace.js';
import type { OutboundEvent } from '../../src/dispatch/ports.js';
import type { HttpAnswer } from '../../src/receivers/answer.js';
import { type BatchExchange, BatchReceiver } from '../../src/receivers/batch-receiver.js';
import { Compression } from '../../src/receivers/compression.js';
import { batchFormat } from '../../src/receivers/formats/batch.js';

interface Given {
  readonly endpoint: string;
  readonly batch: number;
  /** One event in each request; `batch` says how many of them at once. */
  readonly isSingle: boolean;
  now(): number;
  answer(body: Buffer): Promise<HttpAnswer>;
  /** The next batch is ready, and not claimed. */
  prepared(): Promise<void>;
}

/** Composes and reads as every receiver does; the server of the program answers, without a network. */
export class ModelReceiver extends BatchReceiver {
  readonly #prepared: () => Promise<void>;

  constructor({ endpoint, batch, isSingle, now, answer, prepared }: Given) {
    super({
      endpoint,
      now,
      limits: { maxEvents: batch },
      format: { ...batchFormat(), isSingle },
      concurrency: Math.min(batch, 3),
      compression: new Compression({ setting: 'none', pays: false }),
      exchange: exchangeWith(answer),
    });
    this.#prepared = prepared;
  }

  override async prepare(batch: readonly OutboundEvent[]): ReturnType<BatchReceiver['prepare']> {
    const ready = await super.prepare(batch);
    await this.#prepared();
    return ready;
  }
}

function exchangeWith(answer: Given['answer']): BatchExchange {
  return {
    gate: async () => undefined,
    greet: async () => ({}),
    async send({ body, onSent }) {
      onSent?.();
      // All requests of a wave are on the wire before one is answered.
      await turn();
      try {
        const answered = await answer(body);
        await turn();
        return { answer: answered };
      } catch (error) {
        return { answer: { failure: String(error) } };
      }
    },
    redact: (text) => text,
    close: () => undefined,
  };
}
