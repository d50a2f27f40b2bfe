import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { step } from '../../base/steps.js';
import { compact } from '../../files/compact.js';
import { errorCode } from '../../files/storage-errors.js';
import { plainMessage } from '../../files/trouble.js';
import { copiesInSink, eraseFromSink } from '../../receivers/stub/sink.js';
import { isSinkFileName } from '../../receivers/stub/sink-name.js';
import type { ErasurePlace, PlaceFindings } from '../../retention/erased-event.js';
import type { App } from '../app.js';

/** The sinks of `stub:` endpoints. Databases of `redrain serve` are where `--db` says, outside of the home. */
export function sinksPlace(app: App): ErasurePlace {
  const { state } = app.paths;
  return {
    name: 'stub sinks',
    look: ({ eventId }) => inEach(state, async (file) => copiesInSink(file, eventId)),
    erase: ({ eventId }) =>
      inEach(state, async (file) => {
        const copies = eraseFromSink(file, eventId);
        step('redact.sink-erased');
        const { log_emptied } = await compact(file, app.env);
        if (!log_emptied) throw new Error('another process reads it; run the command again');
        return copies;
      }),
  };
}

async function inEach(
  state: string,
  act: (file: string) => Promise<number>,
): Promise<PlaceFindings> {
  let copies = 0;
  const remains: string[] = [];
  for (const file of sinksIn(state))
    try {
      copies += await act(file);
    } catch (error) {
      remains.push(`${file}: ${plainMessage(error)}`);
    }
  return { copies, remains };
}

function sinksIn(state: string): string[] {
  try {
    return readdirSync(state)
      .filter(isSinkFileName)
      .map((name) => join(state, name));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}
