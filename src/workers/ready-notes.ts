import { modeGate } from '../app/target-permission.js';
import type { Work } from '../reports/finding.js';
import type { Service } from './service.js';

/**
 * What `/readyz` says of a worker that is ready: targets out of service while
 * the rest goes on, and a mode that gives it nothing to send. A mode is what the
 * operator wants, so it makes no worker unready.
 */
export async function readyNotes({ app, targets }: Service, work: Work): Promise<string[]> {
  const notes = targets.all.flatMap(({ out }) => (out === undefined ? [] : [out]));
  if (work !== 'dispatch') return notes;
  const gate = modeGate((await app.situation()).settings.mode);
  return gate === undefined ? notes : [...notes, gate.message];
}
