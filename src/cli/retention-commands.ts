import type { Command } from 'commander';
import type { RunCommand } from './command.js';
import { days, example } from './option-values.js';

/** `gc`, `archive`, `restore`, `redact`, `verify`: what happens to bytes, and whether all is well. */
export function addRetentionCommands(program: Command, run: RunCommand): void {
  addGc(program, run);
  addArchive(program, run);
  addRestore(program, run);
  addRedact(program, run);
  addVerify(program, run);
}

function addGc(program: Command, run: RunCommand): void {
  program
    .command('gc')
    .summary('delete payload bytes that every target has')
    .description(
      'Purge the payload bytes of events that every known target has, and of coalesced ones. Ids, digests and the whole ledger stay. Targets that are added later do not get these events. Without --yes it only says what would go.',
    )
    .option('--keep-days <n>', 'keep what was captured in the last n days', days)
    .option('--vacuum', 'give the space back to the file system, and say how much')
    .option('--yes', 'do it; there is no way back')
    .addHelpText('after', example('redrain gc --keep-days 30 --vacuum --yes'))
    .action(run(() => import('./gc.js')));
}

function addArchive(program: Command, run: RunCommand): void {
  program
    .command('archive')
    .summary('move bytes into files that can be restored')
    .description(
      'Write the events that gc would purge to gzip files with a manifest, read them back, and only then purge their bytes. Without --yes it only says what would go.',
    )
    .option('--keep-days <n>', 'leave what was captured in the last n days', days)
    .option('--include-undelivered', 'also events some target lacks: nothing sends them any more')
    .option('--yes', 'do it')
    .addHelpText('after', example('redrain archive --keep-days 90 --yes'))
    .action(run(() => import('./archive.js')));
}

function addRestore(program: Command, run: RunCommand): void {
  program
    .command('restore')
    .summary('bring archives back')
    .description(
      'Bring the bytes of archived events back, identical. Targets that never had them get them. Without --yes it only checks the archive and says what would come back.',
    )
    .argument('<archives...>', 'ids, or paths of manifests or data files')
    .option(
      '--add-missing',
      'also add events that this journal never had, as under an older journal; targets get them again',
    )
    .option('--yes', 'do it')
    .addHelpText('after', example('redrain restore archive-20260101T030000000Z-1-0a1b2c3d --yes'))
    .action(run(() => import('./restore.js')));
}

function addRedact(program: Command, run: RunCommand): void {
  program
    .command('redact')
    .summary('erase an event that should never have been captured')
    .description(
      'Erase the bytes of one event, delivered or not: all revisions, and its copies in conflicts, audit log, archives, jobs, stub sinks, spool and recorded answers. Digest, reason and time stay. Ends with 7 and names the place when one could not be reached. Without --yes it only says where its bytes are.',
    )
    .argument('<event-id>')
    .requiredOption('--reason <text>', 'why; kept for good')
    .option('--yes', 'do it; there is no way back')
    .addHelpText(
      'after',
      example('redrain redact 01KXDKC13SPEZK7YDHMV6YKW4H --reason "held a password" --yes'),
    )
    .action(run(() => import('./redact.js')));
}

function addVerify(program: Command, run: RunCommand): void {
  program
    .command('verify')
    .summary('check journal, ledger and archives')
    .description(
      'Recompute every digest; check tables, triggers, references, counters, ledger, spool, archives and the file itself. One line of verdict; exit 2 when anything is wrong. Changes nothing.',
    )
    .option('--repair', 'replace wrong counters by a recount, and nothing else')
    .addHelpText('after', example('redrain verify --verbose'))
    .action(run(() => import('./verify.js')));
}
