import { type Facts, nameOf } from '../facts.js';
import { type Finding, problem, warning } from '../finding.js';
import { counted } from './cause-text.js';

/** Counters, leases, spool and conflicts: what is stored, and who works on it. */
export function homeFindings(facts: Facts): Finding[] {
  return [sums, leases, spool, conflicts].flatMap((look) => look(facts));
}

function sums(facts: Facts): Finding[] {
  const { delivery_ledger: ledger } = facts;
  if ('error' in ledger) return [];
  return ledger.per_target
    .filter((row) => !row.adds_up)
    .map(({ target_id }) =>
      problem(
        'counters',
        `THE NUMBERS OF THE TARGET ${nameOf(facts, target_id)} DO NOT ADD UP: a counter is wrong, or rows are`,
        'redrain verify --repair',
        { target_id },
      ),
    );
}

/** A lease left on a target to which nothing may be sent ends with the next drain, whenever that is. */
function leases(facts: Facts): Finding[] {
  const { orphan_records, mismatches, daemon_owner_record: owner, targets } = facts;
  const differing = mismatches.map(({ field, foreground_value, daemon_value }) =>
    problem(
      'leases',
      `process ${owner?.pid} drains this target with another ${field}: ${daemon_value}, here ${foreground_value}`,
      `kill ${owner?.pid}`,
    ),
  );
  const orphans = orphan_records.map(({ target_id, pid }) => {
    const isRetired = (targets.get(target_id)?.retiredAt ?? null) !== null;
    const sends = facts.mayLeaveToNamed && !isRetired;
    const advice = 'the next drain of this target takes it over';
    return problem(
      'leases',
      `process ${pid} left its lease on ${nameOf(facts, target_id)} behind and is gone`,
      sends ? `redrain now --target ${nameOf(facts, target_id)}` : { advice },
      { target_id },
    );
  });
  return [...differing, ...orphans];
}

function spool({ event_journal: journal, spoolDir }: Facts): Finding[] {
  if ('error' in journal) return [];
  const { files, events, torn_files: torn } = journal.spool;
  const findings: Finding[] = [];
  if (torn > 0)
    findings.push(
      problem(
        'spool',
        `${counted(torn, 'damaged spool file')}: everything readable in them is in the journal, the rest is lost (look first)`,
        `rm ${quoted(spoolDir)}/*.torn`,
        { count: torn },
      ),
    );
  if (files > 0)
    findings.push(
      warning(
        'spool',
        `${counted(events, 'event')} in ${counted(files, 'file')} of the spool wait for the journal`,
        'redrain now',
        { count: events },
      ),
    );
  return findings;
}

const quoted = (path: string): string =>
  /^[\w/.@%+-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;

/** Nothing is lost by it, and nobody but the operator can end it. */
function conflicts({ migration_conflicts: section }: Facts): Finding[] {
  if ('error' in section || section.count === 0) return [];
  const { count } = section;
  const newest = section.conflicts[0]?.event_id ?? 'ID';
  return [
    problem(
      'conflicts',
      `${counted(count, 'conflict')} not resolved: two contents for one event id, both kept (\`redrain conflicts list\`)`,
      `redrain conflicts resolve ${quoted(newest)} --keep journal --yes`,
      { count },
    ),
  ];
}
