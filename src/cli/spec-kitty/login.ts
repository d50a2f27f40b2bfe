import { Option } from 'commander';
import { shownAddress } from '../../address/shown-address.js';
import { type LoginReport, login } from '../../app/spec-kitty/login.js';
import { EXIT } from '../../base/exit-codes.js';
import { Secret } from '../../config/secret.js';
import { secretOf } from '../../spec-kitty/credentials/formats.js';
import type { Proof } from '../../spec-kitty/sign-in.js';
import { ask } from '../ask.js';
import { type CommandBody, type DefineCommand, example, withApp } from '../command.js';
import { UsageError } from '../failure.js';
import { Output } from '../output.js';
import { TerminalStream } from '../terminal-stream.js';

/** `redrain login [URL]`: tokens for one server, from a prompt or ready-made. */
export const define: DefineCommand = (command, run) => {
  command
    .description(
      'Log in at a server, the one in force or URL. Asks for user and password, or takes a ready token. The login is kept for that server alone and sent to no other.',
    )
    .argument('[url]', 'the server')
    .option('--user <name>', 'who logs in; asked for when absent')
    .option('--team <slug>', 'the team to send for; else what the server says')
    .addOption(new Option('--token-stdin', 'take a ready token from stdin').conflicts('tokenEnv'))
    .option('--token-env <NAME>', 'take a ready token from this environment variable')
    .addHelpText('after', example('redrain login https://preview-42.example --user ada'))
    .action(run(logIn));
};

interface LoginOptions {
  readonly user?: string;
  readonly team?: string;
  readonly tokenStdin?: boolean;
  readonly tokenEnv?: string;
}

const logIn: CommandBody<LoginOptions> = (call) =>
  withApp(call, async (app) => {
    const output = new Output(call.globals);
    const { options } = call;
    const { user, team } = options;
    const report = await login(app, {
      url: call.args[0],
      user,
      team,
      proof: (server) => proofOf(options, server, app.env),
      onWarning: (line) => output.warn(line),
    });
    if (report.message !== null) {
      output.error(report.message);
      if (output.json) output.result(report, () => '');
      return EXIT.blocked;
    }
    for (const line of remarks(report)) output.note(line);
    output.result(report, () => sentence(report));
    return EXIT.done;
  });

async function proofOf(
  options: LoginOptions,
  server: string,
  env: NodeJS.ProcessEnv,
): Promise<Proof> {
  const { user, tokenStdin, tokenEnv } = options;
  if (tokenStdin === true || tokenEnv !== undefined)
    return { kind: 'token', token: await readReadyToken(tokenEnv, env) };
  const terminal = { input: process.stdin, output: new TerminalStream() };
  if (!terminal.input.isTTY || !terminal.output.isTTY)
    throw new UsageError(
      'there is no terminal to ask for a password: give a token with --token-stdin or --token-env NAME',
    );
  const questions = [
    ...(user === undefined ? [{ text: `User at ${shownAddress(server)}: `, hidden: false }] : []),
    { text: 'Password: ', hidden: true },
  ];
  const answers = await ask(questions, terminal);
  if (answers.length < questions.length || answers.some((line) => line.trim() === ''))
    throw new UsageError('nothing was entered');
  const password = new Secret(answers.at(-1) ?? '');
  return { kind: 'password', username: (user ?? answers[0] ?? '').trim(), password };
}

function sentence({ server, user, team_slug: team }: LoginReport): string {
  const who = user === null ? '' : ` as ${user}`;
  return `logged in at ${server}${who}${team === null ? '' : `, team ${team}`}`;
}

/** What would otherwise surprise at the next `redrain now`. */
function remarks(report: LoginReport): string[] {
  const lines: string[] = [];
  if (report.team_slug === null)
    lines.push('No team is known: nothing can be sent before you log in again with --team NAME.');
  if (!report.is_server_in_force)
    lines.push(
      `Events go to another server now: \`redrain server ${report.server}\` sends them here.`,
    );
  if (report.is_overruled)
    lines.push('SPEC_KITTY_TOKEN is set and goes before this login: unset it to use the login.');
  return lines;
}

/** No token is longer, and somebody's log file must not end up in a header. */
const MAX_BYTES = 64 * 1024;

/**
 * A ready token from the variable of this name, else from stdin. Messages say
 * what is wrong with it and never quote it.
 *
 * @throws UsageError when there is none, or it is not a token.
 */
async function readReadyToken(
  variable: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<Secret> {
  const source = variable === undefined ? 'stdin' : `the environment variable ${variable}`;
  const text = variable === undefined ? await readStdin() : env[variable];
  if (text === undefined || text.trim() === '') throw new UsageError(`${source} holds no token`);
  const token = secretOf(text);
  if (token === undefined)
    throw new UsageError(`${source} holds something that is not a token: one word of ASCII`);
  return token;
}

async function readStdin(): Promise<string> {
  if (process.stdin.isTTY)
    throw new UsageError('--token-stdin wants the token piped in: a terminal would show it');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin) {
    size += (chunk as Buffer).length;
    if (size > MAX_BYTES) throw new UsageError('stdin holds more than any token');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}
