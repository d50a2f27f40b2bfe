import { readStatus } from '../app/status.js';
import type { StatusDocument } from '../status/status-document.js';
import { EXIT } from './exit-codes.js';
import { withApp } from './open-app.js';
import { Output } from './output.js';
import type { CommandBody } from './program.js';
import { statusText } from './status-text.js';

/** `redrain status`: one screen, or the whole document. */
export const run: CommandBody = (call) =>
  withApp(call, async (app) => {
    const output = new Output(call.globals);
    const status = await readStatus(app);
    output.result(status, () => statusText(status));
    return isReadable(status) ? EXIT.done : EXIT.internal;
  });

function isReadable(status: StatusDocument): boolean {
  return !('error' in status.event_journal);
}
