import {
  changeProjects,
  type ProjectChange,
  type ProjectRow,
  readProjects,
} from '../app/projects.js';
import { EXIT } from '../base/exit-codes.js';
import { type CommandBody, type DefineCommand, example, withApp } from './command.js';
import { UsageError } from './failure.js';
import { addOutput, showList } from './list.js';
import { count, Output } from './output.js';
import type { Column } from './table.js';

/** `redrain projects`: which projects may leave for targets that get only allowed ones. */
export const define: DefineCommand = (projects, run) => {
  projects
    .description(
      'Some targets get only the projects that were allowed; events of all others are held.',
    )
    .addHelpText('after', example('redrain projects allow --all'));
  addOutput(projects.command('list', { isDefault: true }))
    .description(
      'List known projects, their events, and where each permission comes from. Changes nothing.',
    )
    .addHelpText('after', example('redrain projects list --json'))
    .action(run(list));
  for (const [verb, what] of [
    ['allow', 'Allow events of these projects to be sent.'],
    ['hold', 'Hold events of these projects: they are not sent.'],
  ] as const)
    projects
      .command(verb)
      .description(what)
      .argument('[projects...]', 'project_uuid of the events')
      .option('--all', 'every project known now')
      .option('--unassigned', 'events without a project')
      .addHelpText('after', example(`redrain projects ${verb} --all`))
      .action(run(change(verb)));
};

const COLUMNS: readonly Column<ProjectRow>[] = [
  {
    key: 'project_uuid',
    heading: 'PROJECT',
    value: (row) => row.project_uuid ?? '(none)',
    shrink: { how: 'middle', least: 9, isLast: true },
  },
  {
    key: 'repo_slug',
    heading: 'REPOSITORY',
    value: (row) => row.repo_slug,
    shrink: { how: 'middle', least: 10 },
    isOptional: true,
  },
  {
    key: 'checkout',
    heading: 'CHECKOUT',
    value: (row) => row.checkout,
    shrink: { how: 'middle', least: 8 },
    isOptional: true,
  },
  { key: 'events', heading: 'EVENTS', value: (row) => row.events },
  { key: 'allowed', heading: 'SENT', value: (row) => (row.allowed ? 'allowed' : 'held') },
  {
    key: 'source',
    heading: 'BECAUSE OF',
    value: (row) => row.source,
    shrink: { how: 'fold', least: 12 },
  },
];

/** `redrain projects list`. */
const list: CommandBody = (call) =>
  withApp(call, async (app) => {
    const output = new Output(call.globals);
    const projects = await readProjects(app);
    showList(output, {
      rows: projects,
      columns: COLUMNS,
      document: { projects },
      empty: 'No events yet, so no projects.',
      before: () =>
        projects.length === 0
          ? []
          : ['for targets that get only allowed projects, projects = "allowed":'],
    });
    return EXIT.done;
  });

/** `redrain projects allow|hold`. */
function change(verdict: 'allow' | 'hold'): CommandBody<Partial<ProjectChange>> {
  return (call) =>
    withApp(call, async (app) => {
      const output = new Output(call.globals);
      const { all, unassigned } = call.options;
      const wanted = { uuids: call.args, all: all === true, unassigned: unassigned === true };
      if (call.args.length === 0 && !wanted.all && !wanted.unassigned)
        throw new UsageError(`name the projects to ${verdict}, or use --all or --unassigned`);
      const changed = await changeProjects(app, verdict, wanted);
      const done = verdict === 'allow' ? 'allowed' : 'held';
      output.result({ [done]: changed }, () =>
        changed.length === 0 ? 'No project is known yet.' : `${done}: ${someOf(changed)}`,
      );
      return EXIT.done;
    });
}

/** As many as a person reads; `--json` has all of them. */
const MOST_NAMED = 20;

function someOf(names: readonly string[]): string {
  const more = names.length - MOST_NAMED;
  const named = names.slice(0, MOST_NAMED).join(', ');
  return more > 0 ? `${named} and ${count(more, 'more project')}` : named;
}
