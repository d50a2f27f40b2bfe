import { shownAddress } from '../../address/shown-address.js';
import { type LoginReport, login } from '../../app/spec-kitty/login.js';
import { EXIT } from '../../base/exit-codes.js';
import { Secret } from '../../config/secret.js';
import type { Proof } from '../../spec-kitty/sign-in.js';
import { ask } from '../ask.js';
import type { CommandBody } from '../command.js';
import { UsageError } from '../failure.js';
import { withApp } from '../open-app.js';
import { Output } from '../output.js';
import { TerminalStream } from '../terminal-stream.js';
import { readReadyToken } from './ready-token.js';

interface LoginOptions {
  readonly user?: string;
  readonly team?: string;
  readonly tokenStdin?: boolean;
  readonly tokenEnv?: string;
}

/** `redrain login [URL]`: tokens for one server, from a prompt or ready-made. */
export const run: CommandBody = (call) =>
  withApp(call, async (app) => {
    const output = new Output(call.globals);
    const options = call.options as LoginOptions;
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
