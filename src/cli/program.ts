import { Command, Option } from 'commander';
import { stderr, stdout } from '../output/standard.js';
import { VERSION } from '../version.js';
import { forTerminal } from './color.js';
import type { RunCommand } from './command.js';
import { addDoctor, addEventCommands } from './event-commands.js';
import { refuseRepeats } from './given-once.js';
import { addJobCommands } from './job-commands.js';
import { example, fraction, repeatable, wholeNumber } from './option-values.js';
import { addRetentionCommands } from './retention-commands.js';
import { addTargets } from './target-commands.js';

const EXIT_CODES = `
Exit codes: 0 done, 1 internal failure, 2 a check did not hold, 3 some input was bad,
4 two servers are named, 5 conflict, 6 nothing could be sent, 7 failures in this pass,
8 discard refused, 9 events lost, 64 usage, 129, 130 and 143 ended by a signal.`;

/** The whole command line. `run` wraps each body with the error handling they share. */
export function buildProgram(run: RunCommand): Command {
  const program = new Command('redrain')
    .description('Keep every event. Drain it to any target. Drain it again.')
    .version(VERSION)
    .option('--home <dir>', 'home directory (else REDRAIN_HOME, SPEC_KITTY_HOME, ~/.spec-kitty)')
    .option('--json', 'one JSON document on stdout')
    .option('--verbose', 'say more')
    .option('--quiet', 'say nothing but errors')
    .option('--unsafe-home', 'accept a home on a network file system')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', EXIT_CODES)
    .showHelpAfterError('(redrain COMMAND --help shows what is possible)')
    .configureOutput({
      writeOut: (text) => stdout().write(text),
      writeErr: (text) => stderr().write(forTerminal(text)),
    })
    .exitOverride();
  for (const add of COMMANDS) add(program, run);
  refuseRepeats(program);
  return program;
}

const COMMANDS: ((program: Command, run: RunCommand) => void)[] = [
  addCapture,
  addNow,
  addStatus,
  addServer,
  addLogin,
  addLogout,
  addMode,
  addTargets,
  addProjects,
  addInspect,
  addEventCommands,
  addDoctor,
  addRetentionCommands,
  addJobCommands,
  addAudit,
  addConfig,
  addServe,
  addMigrate,
  addConflicts,
];

function addCapture(program: Command, run: RunCommand): void {
  program
    .command('capture')
    .summary('write events into the journal')
    .description(
      'Write events into the journal: JSON objects, arrays, JSON Lines or CloudEvents, from files, globs or stdin. The exact bytes are kept. Returns only when everything is on disk.',
    )
    .argument('[files...]', 'files or globs; - or none is stdin')
    .option('--type <name>', 'event type of those that carry none')
    .option('--id-field <path>', 'where the events keep their id')
    .option('--type-field <path>', 'where the events keep their type')
    .option('--time-field <path>', 'where the events keep their time')
    .option('--audit-discard', 'under OPT_OUT: keep what may not be discarded in the audit log')
    .addHelpText('after', example('redrain capture --type WPStatusChanged logs/*.jsonl'))
    .action(run(() => import('./capture.js')));
}

function addNow(program: Command, run: RunCommand): void {
  program
    .command('now')
    .summary('drain to the active target')
    .description('Send what the active target does not have yet, once, and record what came of it.')
    .option('--target <id>', 'a known target in place of the active one', wholeNumber)
    .option('--limit <n>', 'at most so many events', wholeNumber)
    .option('--dry-run', 'count what would be sent; change nothing')
    .option('--wait [duration]', 'ask again for pending events until they are done (default 10m)')
    .option('--no-wait', 'do not wait for another drain of this target')
    .option('--strict', 'exit 7 unless the target then has every event it should have')
    .addOption(
      repeatable(
        '--deployment <FIELD=VALUE>',
        'what you know of the server: server_instance_id, deployment_id, environment_name, git_sha',
      ),
    )
    .addHelpText('after', example('redrain server https://preview-42.example && redrain now'))
    .action(run(() => import('./now.js')));
}

function addStatus(program: Command, run: RunCommand): void {
  program
    .command('status')
    .summary('what there is, where it has been, what is stuck')
    .description(
      'Show what is in the journal, which targets have it, and what stands in the way. Changes nothing.',
    )
    .option('--check', 'exit 2 unless everything is in order')
    .addHelpText('after', example('redrain status --check --json'))
    .action(run(() => import('./status.js')));
}

function addServer(program: Command, run: RunCommand): void {
  program
    .command('server')
    .summary('show or set the server')
    .description(
      'Show the server in force and why, or set [sync].server_url in config.toml, keeping the rest of the file.',
    )
    .argument('[url]', 'the new server')
    .addHelpText('after', example('redrain server https://preview-42.example'))
    .action(run(() => import('./spec-kitty/server.js')));
}

function addLogin(program: Command, run: RunCommand): void {
  program
    .command('login')
    .summary('get tokens for a server')
    .description(
      'Log in at a server, the one in force or URL. Asks for user and password, or takes a ready token. What it gets is kept for that server alone and sent to no other.',
    )
    .argument('[url]', 'the server')
    .option('--user <name>', 'who logs in; asked for when absent')
    .option('--team <slug>', 'the team to send for; else what the server says')
    .addOption(new Option('--token-stdin', 'take a ready token from stdin').conflicts('tokenEnv'))
    .option('--token-env <NAME>', 'take a ready token from this environment variable')
    .addHelpText('after', example('redrain login https://preview-42.example --user ada'))
    .action(run(() => import('./spec-kitty/login.js')));
}

function addLogout(program: Command, run: RunCommand): void {
  program
    .command('logout')
    .summary('forget the tokens of a server')
    .description(
      'Forget what `redrain login` kept for a server, the one in force or URL. The credentials of Spec Kitty are not touched.',
    )
    .argument('[url]', 'the server')
    .addHelpText('after', example('redrain logout https://preview-42.example'))
    .action(run(() => import('./spec-kitty/logout.js')));
}

function addMode(program: Command, run: RunCommand): void {
  program
    .command('mode')
    .summary('show or set what happens to events')
    .description(
      'TEAMSPACE keeps events and sends them to the server; EXTERNAL_RECEIVER keeps them and sends them to your endpoint; LOCAL_RETENTION keeps them; OPT_OUT keeps and sends none.',
    )
    .argument('[mode]', 'TEAMSPACE, EXTERNAL_RECEIVER, LOCAL_RETENTION or OPT_OUT')
    .option(
      '--endpoint <url>',
      'where EXTERNAL_RECEIVER posts to; stub: is a receiver within redrain',
    )
    .addOption(
      repeatable('--header <NAME=ENV_VAR>', 'a header and the variable that holds its value'),
    )
    .option('--auth-env <ENV_VAR>', 'the variable that holds the token of the endpoint')
    .addOption(
      new Option('--ack <what>', 'what counts as a verdict').choices(['results', 'status']),
    )
    .option('--max-events <n>', 'most events in one post', wholeNumber)
    .option('--max-bytes <n>', 'most bytes of JSON in one post', wholeNumber)
    .addOption(
      new Option('--projects <which>', 'whose events it may have').choices(['all', 'allowed']),
    )
    .addHelpText(
      'after',
      example(
        'redrain mode EXTERNAL_RECEIVER --endpoint https://hooks.example/events --auth-env HOOK_TOKEN',
      ),
    )
    .action(run(() => import('./mode.js')));
}

function addProjects(program: Command, run: RunCommand): void {
  const projects = program
    .command('projects')
    .summary('which projects may leave for the hosted team')
    .description('A hosted team sees only the projects that were allowed; all others are held.')
    .addHelpText('after', example('redrain projects allow --all'));
  projects
    .command('list', { isDefault: true })
    .description('Known projects, their events, and where each permission comes from.')
    .addHelpText('after', example('redrain projects list --json'))
    .action(run(async () => ({ run: (await import('./projects.js')).list })));
  for (const [verb, what] of [
    ['allow', 'Let events of these projects leave.'],
    ['hold', 'Keep events of these projects here.'],
  ] as const) {
    projects
      .command(verb)
      .description(what)
      .argument('[uuids...]', 'project_uuid of the events')
      .option('--all', 'every project known now')
      .option('--unassigned', 'events without a project')
      .addHelpText('after', example(`redrain projects ${verb} --all`))
      .action(run(async () => ({ run: (await import('./projects.js')).change(verb) })));
  }
}

function addInspect(program: Command, run: RunCommand): void {
  program
    .command('inspect')
    .summary("one event's whole story")
    .description(
      'Show one event: its bytes, where it comes from, and what became of it at every target. Changes nothing.',
    )
    .argument('<event-id>')
    .option('--raw', 'only the exact payload bytes')
    .addHelpText('after', example('redrain inspect 01KXDKC13SPEZK7YDHMV6YKW4H'))
    .action(run(() => import('./inspect.js')));
}

function addAudit(program: Command, run: RunCommand): void {
  const audit = program
    .command('audit')
    .summary('what OPT_OUT was not allowed to discard')
    .description('The audit log: refused discards, and events that are kept only here.')
    .addHelpText('after', example('redrain audit list --limit 20'));
  audit
    .command('list', { isDefault: true })
    .description('The newest entries. Changes nothing.')
    .option('--limit <n>', 'at most so many', wholeNumber)
    .addHelpText('after', example('redrain audit list --limit 20'))
    .action(run(async () => ({ run: (await import('./audit.js')).list })));
  audit
    .command('replay')
    .description('Capture events that only the audit log holds.')
    .argument('[ids...]', 'numbers of entries')
    .option('--all', 'every event the log holds')
    .addHelpText('after', example('redrain audit replay --all'))
    .action(run(async () => ({ run: (await import('./audit.js')).replay })));
}

function addMigrate(program: Command, run: RunCommand): void {
  program
    .command('migrate')
    .summary('take the old queue files into the journal')
    .description(
      'Take every event of the queue files an earlier Spec Kitty left here into the journal. Works on copies; the files stay as they are. Doing it again takes in what is new.',
    )
    .option('--dry-run', 'say what would be done; change nothing')
    .option('--cleanup', 'then rename files that are completely in the journal to *.migrated')
    .option('--yes', 'rename them; without it --cleanup only says what it would do')
    .addHelpText('after', example('redrain migrate --dry-run'))
    .action(run(() => import('./spec-kitty/migrate.js')));
}

function addConflicts(program: Command, run: RunCommand): void {
  const conflicts = program
    .command('conflicts')
    .summary('two contents for one event id, and which to keep')
    .description(
      'Where an event id came in with another content, both are kept until you decide. Deciding alters neither.',
    )
    .addHelpText('after', example('redrain conflicts list'));
  conflicts
    .command('list', { isDefault: true })
    .description('Conflicts that wait for a decision. Changes nothing.')
    .option('--all', 'decided ones too')
    .addHelpText('after', example('redrain conflicts list --all'))
    .action(run(async () => ({ run: (await import('./conflicts.js')).list })));
  conflicts
    .command('show')
    .description('Both payloads of one conflict, side by side. Changes nothing.')
    .argument('<conflict>', 'its number, or the event id')
    .addHelpText('after', example('redrain conflicts show 3'))
    .action(run(async () => ({ run: (await import('./conflicts.js')).show })));
  conflicts
    .command('resolve')
    .description(
      'Keep the content of the journal, or make the incoming one a new revision of the event.',
    )
    .argument('<conflict>', 'its number, or the event id')
    .addOption(
      new Option('--keep <which>', 'whose content is in force from now on')
        .choices(['journal', 'incoming'])
        .makeOptionMandatory(),
    )
    .option('--yes', 'decide; without it, only say what would come of it')
    .addHelpText('after', example('redrain conflicts resolve 3 --keep incoming --yes'))
    .action(run(async () => ({ run: (await import('./conflicts.js')).resolve })));
}

function addConfig(program: Command, run: RunCommand): void {
  program
    .command('config')
    .summary('every setting in force and where it comes from')
    .description(
      'Show every key in force and whether it comes from the file, the environment or the defaults. Changes nothing.',
    )
    .addHelpText('after', example('redrain config --json'))
    .action(run(() => import('./config.js')));
}

function addServe(program: Command, run: RunCommand): void {
  program
    .command('serve')
    .summary('a receiver to try things on')
    .description(
      'Run the stub receiver: batch protocol, tokens, health document, GET /stats. It keeps what it gets byte for byte.',
    )
    .option('--port <n>', 'port on 127.0.0.1; 0 picks a free one', wholeNumber, 0)
    .option('--db <file>', 'SQLite file of what it receives', ':memory:')
    .option('--fail-rate <p>', 'answer 503 with this probability', fraction)
    .option('--latency <ms>', 'wait before each answer', wholeNumber)
    .option('--status <code>', 'answer every post with this status', wholeNumber)
    .addOption(repeatable('--reject-type <type>', 'reject events of this type'))
    .option('--reset [p]', 'drop the connection after reading the body, with this probability')
    .option('--reset-after-store', 'store the events before dropping the connection')
    .option('--seed <n>', 'make the chances repeat exactly', wholeNumber)
    .addHelpText('after', example('redrain serve --port 8080 --fail-rate 0.1'))
    .action(run(() => import('./serve.js')));
}
