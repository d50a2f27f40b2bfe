import type { StatusDocument, StatusReport } from '../app/status.js';
import type { JournalSection } from '../reports/journal-section.js';
import { color } from './color.js';
import { bytes, count } from './output.js';
import { findingLines, nextLines } from './status-advice.js';
import { line } from './status-line.js';
import { targetLines, workerLines } from './status-target.js';

/** The status as one screen of text: every problem stands beside the command that fixes it. */
export function statusText(report: StatusReport): string {
  const { document: status } = report;
  return [
    ...authorityLines(status),
    ...journalLines(status.event_journal),
    ...targetLines(status),
    ...workerLines(status),
    ...findingLines(report),
    ...nextLines(report),
  ].join('\n');
}

/** Where events go now, and why there. */
function authorityLines({ target_authority: authority }: StatusDocument): string[] {
  const lines = [line('mode', authority.mode ?? 'unknown: config.toml cannot be used')];
  if (authority.mode !== 'TEAMSPACE') return lines;
  lines.push(line('server', `${authority.resolved_server_url ?? 'unknown'} (${why(authority)})`));
  lines.push(line('signed in as', signedIn(authority)));
  return lines;
}

function why(authority: StatusDocument['target_authority']): string {
  if (!authority.configured) return 'the default: nothing was configured';
  if (authority.override_mode === 'process_override')
    return `SPEC_KITTY_SAAS_URL, not ${authority.configured_server_url ?? 'the default'}`;
  return authority.configured_server_url === null ? 'from SPEC_KITTY_SAAS_URL' : 'from config.toml';
}

function signedIn({ user_id, team_slug }: StatusDocument['target_authority']): string {
  if (user_id === null && team_slug === null) return 'nobody';
  return `${user_id ?? 'unknown user'}, team ${team_slug ?? 'none'}`;
}

function journalLines(journal: StatusDocument['event_journal']): string[] {
  if ('error' in journal) return [];
  const { retained_event_count, journal_size_bytes, oldest_retained_event_at } = journal;
  const lines = [
    line(
      'events kept',
      `${retained_event_count.toLocaleString('en')} (${bytes(journal_size_bytes)})`,
    ),
  ];
  if (oldest_retained_event_at !== null) lines.push(line('oldest event', oldest_retained_event_at));
  if (journal.archived_event_count > 0) lines.push(line('archived', journal.archived_event_count));
  return [...lines, ...asideLines(journal)];
}

/** What was captured and is not, or not yet, among the events kept. */
function asideLines({ spool, discarded }: JournalSection): string[] {
  const lines: string[] = [];
  if (spool.files > 0)
    lines.push(
      line('in the spool', `${count(spool.events, 'event')} in ${count(spool.files, 'file')}`),
    );
  if (discarded > 0) lines.push(color.dim(line('discarded', discarded)));
  return lines;
}
