import type { Command } from 'commander';
import type { TargetChange } from '../app/target-changes.js';
import type { CommandBody, RunCommand } from './command.js';
import { example } from './option-values.js';

type Plain = Exclude<TargetChange['kind'], 'label'>;

const PLAIN_CHANGES: readonly (readonly [kind: Plain, summary: string, description: string])[] = [
  [
    'ack',
    'acknowledge a reset signal',
    'Take away the signal that the server may have been reset. Sends nothing again.',
  ],
  [
    'retire',
    'a target that will not come back',
    'Retire a target: nothing goes there any more, and gc no longer waits for it. What it has stays known.',
  ],
  ['restore', 'take a retirement back', 'Bring a retired target back into use.'],
];

/** `targets` and what can be said of one. */
export function addTargets(program: Command, run: RunCommand): void {
  const targets = program
    .command('targets')
    .summary('known targets and what each has')
    .description('Known targets, with counts, circuit and reset signals.')
    .addHelpText('after', example('redrain targets --json'));
  targets
    .command('list', { isDefault: true })
    .description('List every target events were drained to. Changes nothing.')
    .addHelpText('after', example('redrain targets list'))
    .action(run(() => import('./targets.js')));
  targets
    .command('label')
    .summary('name a target')
    .description('Give a target a name for people; an empty text takes it away.')
    .argument('<id>', 'id or address')
    .argument('<text>', 'the name')
    .addHelpText('after', example('redrain targets label 2 "preview of PR 42"'))
    .action(run(async () => ({ run: (await import('./target-change.js')).label })));
  for (const [kind, summary, description] of PLAIN_CHANGES)
    targets
      .command(kind)
      .summary(summary)
      .description(description)
      .argument('<id>', 'id or address')
      .addHelpText('after', example(`redrain targets ${kind} 2`))
      .action(run(() => loadChange(kind)));
}

async function loadChange(kind: Plain): Promise<{ run: CommandBody }> {
  const { change } = await import('./target-change.js');
  return { run: change({ kind }) };
}
