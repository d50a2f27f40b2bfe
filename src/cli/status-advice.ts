import type { StatusReport } from '../app/status.js';
import { type Finding, remedyOf } from '../reports/finding.js';
import { color } from './color.js';
import { count } from './output.js';
import { line } from './status-line.js';

/** What `status --check` fails for and what wants a look, each with what ends it; then what is worth knowing. */
export function findingLines({ findings }: StatusReport): string[] {
  return findings.filter((finding) => !SAID_ELSEWHERE.has(finding.check)).map(sentence);
}

/** The next step says these, and the sum of the target has their numbers. */
const SAID_ELSEWHERE: ReadonlySet<string> = new Set(['unsent', 'draining']);

const MARKS: Readonly<Record<Finding['status'], string>> = {
  problem: color.red('problem'),
  warning: color.yellow('note'),
  notice: color.dim('note'),
};

function sentence(finding: Finding): string {
  const { status, message } = finding;
  const said = `${MARKS[status]}: ${message.replace(/\.$/, '')}`;
  const remedy = remedyOf(finding);
  return remedy === null || message.includes(remedy) ? said : `${said}: ${quoted(finding)}`;
}

const quoted = ({ command, advice }: Finding): string =>
  command === null ? (advice ?? '') : `\`${command}\``;

/** What stands in the way now, and what to type next: what ends the first finding. */
export function nextLines({ document, findings }: StatusReport): string[] {
  const lines = blockedLines(document.event_journal, findings);
  const draining = findings.find(({ check }) => check === 'draining');
  const [next] = findings.filter((finding) => remedyOf(finding) !== null);
  if (draining !== undefined && next?.status !== 'problem')
    return [...lines, line('next', `nothing to type: ${draining.message}`)];
  return [...lines, line('next', next === undefined ? 'nothing to do' : step(next))];
}

function step(finding: Finding): string {
  const { check, count: events } = finding;
  if (check === 'unsent' && finding.command !== null && events !== null)
    return `${quoted(finding)} sends ${count(events, 'event')}`;
  return quoted(finding);
}

/** Nothing is blocked while `now` would send. */
function blockedLines(
  journal: StatusReport['document']['event_journal'],
  findings: readonly Finding[],
): string[] {
  if ('error' in journal) return [];
  const { reason, waiting } = journal.drain_blocked;
  const sends = findings.some(({ check, command }) => check === 'unsent' && command !== null);
  if (reason === null || sends) return [];
  return [line('blocked', `${reason}, ${count(waiting, 'event')} waiting`)];
}
