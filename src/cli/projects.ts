import { changeProjects, type ProjectChange, readProjects } from '../app/projects.js';
import { EXIT } from '../base/exit-codes.js';
import { type CommandBody, type DefineCommand, example, withApp } from './command.js';
import { UsageError } from './failure.js';
import { count, Output } from './output.js';
import { table } from './table.js';

/** `redrain projects`: which projects may be sent to the hosted team. */
export const define: DefineCommand = (projects, run) => {
  projects
    .description('A hosted team receives only the projects that were allowed; all others are held.')
    .addHelpText('after', example('redrain projects allow --all'));
  projects
    .command('list', { isDefault: true })
    .description('Known projects, their events, and where each permission comes from.')
    .addHelpText('after', example('redrain projects list --json'))
    .action(run(list));
  for (const [verb, what] of [
    ['allow', 'Allow events of these projects to be sent.'],
    ['hold', 'Hold events of these projects: they are not sent.'],
  ] as const)
    projects
      .command(verb)
      .description(what)
      .argument('[uuids...]', 'project_uuid of the events')
      .option('--all', 'every project known now')
      .option('--unassigned', 'events without a project')
      .addHelpText('after', example(`redrain projects ${verb} --all`))
      .action(run(change(verb)));
};

/** `redrain projects list`. */
const list: CommandBody = (call) =>
  withApp(call, async (app) => {
    const output = new Output(call.globals);
    const projects = await readProjects(app);
    output.result({ projects }, () =>
      projects.length === 0
        ? 'No events yet, so no projects.'
        : table(
            ['PROJECT', 'REPOSITORY', 'CHECKOUT', 'EVENTS', '', 'BECAUSE OF'],
            projects.map((row) => [
              row.project_uuid ?? '(none)',
              row.repo_slug ?? '-',
              row.checkout ?? '-',
              row.events,
              row.allowed ? 'allowed' : 'held',
              row.source,
            ]),
          ),
    );
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
