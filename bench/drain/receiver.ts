import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('./receiver-process.js', import.meta.url));
const PLAIN = fileURLToPath(new URL('./plain-receiver-process.js', import.meta.url));

/** A loopback receiver that shares no event loop with whoever posts to it. */
export interface RunningReceiver {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts an empty one, so that nothing of an earlier run is a duplicate. */
export const startReceiver = (): Promise<RunningReceiver> => start(PROGRAM);

/** Starts one that looks at nothing, and answers with this status after so many milliseconds. */
export const startPlainReceiver = (afterMs: number, status = 204): Promise<RunningReceiver> =>
  start(PLAIN, String(afterMs), String(status));

async function start(program: string, ...given: string[]): Promise<RunningReceiver> {
  // Not those of this process: a profile of the product is not one of the receiver.
  const child = fork(program, given, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    execArgv: [],
  });
  const ended = once(child, 'exit');
  const [url] = await Promise.race([
    once(child, 'message'),
    ended.then(() => Promise.reject(new Error('the receiver ended before it listened'))),
  ]);
  return {
    url: String(url),
    async stop() {
      child.disconnect();
      await ended;
    },
  };
}
