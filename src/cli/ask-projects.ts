import { createInterface } from 'node:readline/promises';
import type { App } from '../app/app.js';
import { changeProjects, type ProjectRow, readProjects } from '../app/projects.js';
import { oneLine } from './color.js';
import { count, type Output } from './output.js';
import { TerminalStream } from './terminal-stream.js';

/**
 * Asks on a terminal, once for each project nobody has decided about, whether
 * its events may leave. The answer is written down, so it is never asked
 * again; no answer leaves the project held.
 */
export async function askAboutProjects(app: App, output: Output): Promise<void> {
  if (!output.isInteractive || process.stdin.isTTY !== true) return;
  const { active } = await app.situation();
  if (active.state !== 'target' || active.settings.projects !== 'allowed') return;
  const undecided = undecidedProjects(await readProjects(app));
  if (undecided.size === 0) return;
  const terminal = createInterface({ input: process.stdin, output: new TerminalStream() });
  try {
    for (const [uuid, events] of undecided) {
      const where = active.identity.canonicalUrl;
      const question = `Project ${oneLine(uuid)} (${count(events, 'event')}) is new. May it go to ${where}? [y/N] `;
      const answer = (await terminal.question(question)).trim().toLowerCase();
      const verdict = answer === 'y' || answer === 'yes' ? 'allow' : 'hold';
      await changeProjects(app, verdict, { uuids: [uuid], all: false, unassigned: false });
    }
  } finally {
    terminal.close();
  }
}

function undecidedProjects(projects: readonly ProjectRow[]): Map<string, number> {
  const undecided = new Map<string, number>();
  for (const { project_uuid: uuid, source, events } of projects)
    if (uuid !== null && source === 'unknown')
      undecided.set(uuid, (undecided.get(uuid) ?? 0) + events);
  return undecided;
}
