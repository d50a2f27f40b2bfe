// A receiver of one's own: publishes every event to a stream of NATS JetStream.
//   url = "module:./nats-jetstream.mjs?subject=orders"
import { jetstream } from '@nats-io/jetstream';
import { connect, headers } from '@nats-io/transport-node';

const { searchParams } = new URL(import.meta.url);
const SUBJECT = searchParams.get('subject') ?? 'redrain.events';
const SERVERS = searchParams.get('servers') ?? process.env.NATS_URL ?? 'nats://127.0.0.1:4222';
const TIMEOUT_MS = 5_000;

/** @type {Promise<import('@nats-io/transport-node').NatsConnection> | undefined} */
let connecting;

/** One connection for all calls; a new one after it was closed, or could not be opened. */
async function connection() {
  connecting ??= connect({ servers: SERVERS.split(','), timeout: TIMEOUT_MS });
  try {
    const open = await connecting;
    if (!open.isClosed()) return open;
  } catch (error) {
    connecting = undefined;
    throw error;
  }
  connecting = undefined;
  return connection();
}

/** @type {import('redrain').Receiver} */
export default {
  name: `NATS JetStream, ${SUBJECT}`,
  limits: { maxEvents: 500, maxBytes: 4 * 1024 * 1024 },

  async deliver(events, { signal, generation }) {
    const stream = jetstream(await connection());
    const sent = events.map(async ({ id, type, bytes }) => {
      const about = headers();
      about.set('event-id', id);
      about.set('event-type', type);
      if (generation > 1) about.set('redrain-generation', String(generation));
      // A replay is sent on purpose: with the id alone it would be taken for a resend.
      const msgID = generation > 1 ? `${id}:${generation}` : id;
      return stream.publish(SUBJECT, bytes, { msgID, headers: about, timeout: TIMEOUT_MS });
    });
    const answers = await Promise.allSettled(sent);
    signal.throwIfAborted();
    return answers.map((answer, index) => resultOf(events[index]?.id ?? '', answer));
  },

  async close() {
    const open = await connecting?.catch(() => undefined);
    connecting = undefined;
    await open?.drain();
  },
};

/**
 * The server's acknowledgement is a promise that the message is stored; without one it is sent again.
 *
 * @param {string} id
 * @param {PromiseSettledResult<import('@nats-io/jetstream').PubAck>} answer
 * @returns {import('redrain').ReceiverResult}
 */
function resultOf(id, answer) {
  if (answer.status === 'rejected')
    return { id, status: 'transient', reason: `NATS: ${wordsOf(answer.reason)}` };
  return { id, status: answer.value.duplicate ? 'duplicate' : 'success' };
}

/**
 * Where nobody takes a subject, the client knows no more than that.
 *
 * @param {any} error
 */
function wordsOf(error) {
  if (error?.name === 'JetStreamNotEnabled')
    return `no stream takes ${SUBJECT}, or JetStream is not enabled`;
  return error?.message ?? error;
}
