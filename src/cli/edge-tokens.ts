import { join } from 'node:path';
import type { Command } from 'commander';
import { EXIT } from '../base/exit-codes.js';
import { nameFault } from '../config/target-name.js';
import { TokenFile } from '../edges/token-file.js';
import { newToken, withoutToken, withToken } from '../edges/tokens.js';
import { makeDirectory } from '../files/directory.js';
import {
  type CommandBody,
  type CommandCall,
  example,
  type RunCommand,
  withApp,
} from './command.js';
import { UsageError } from './failure.js';
import { addOutput, showList } from './list.js';
import { Output } from './output.js';
import type { Column } from './table.js';

/** The file of tokens in the home, where no other is named. */
export const TOKEN_FILE = 'edge-tokens';

/** `redrain edges token`: who may send to this home. */
export function declareTokens(edges: Command, run: RunCommand): void {
  const tokens = edges
    .command('token')
    .description('Create, revoke and list tokens of edges. The home keeps only their SHA-256.')
    .addHelpText('after', example('redrain edges token list'));
  withFile(tokens.command('add'))
    .description('Create a token and show it, once. A running hub accepts it at once.')
    .argument('<name>', 'what to call the edge')
    .option('--for <home>', 'the only home id that may use it; else the first that does')
    .addHelpText('after', example('redrain edges token add ci'))
    .action(run(add));
  withFile(tokens.command('revoke'))
    .description('Remove a token. A running hub refuses it at once.')
    .argument('<name>', 'the name of the edge')
    .addHelpText('after', example('redrain edges token revoke laptop'))
    .action(run(revoke));
  addOutput(withFile(tokens.command('list', { isDefault: true })))
    .description('List the names of tokens. Changes nothing.')
    .addHelpText('after', example('redrain edges token list'))
    .action(run(list));
}

const withFile = (command: Command): Command =>
  command.option('--tokens <file>', 'the file of tokens; default: that of the home');

interface FileOption {
  readonly tokens?: string;
}

function fileOf(call: CommandCall<FileOption>): Promise<TokenFile> {
  return withApp(call, async ({ paths: { state } }) => {
    const { tokens } = call.options;
    if (tokens !== undefined) return new TokenFile(tokens);
    makeDirectory(state);
    return new TokenFile(join(state, TOKEN_FILE));
  });
}

const add: CommandBody<FileOption & { readonly for?: string }> = async (call) => {
  const [name = ''] = call.args;
  const fault = nameFault(name);
  if (fault !== undefined) throw new UsageError(`${name}: ${fault}`);
  const file = await fileOf(call);
  if (isKnown(file, name))
    throw new UsageError(`there is a token ${name}: revoke it first, or choose another name`);
  const { token, entry } = newToken(name, call.options.for ?? null);
  file.write(withToken(file.text(), entry));
  const output = new Output(call.globals);
  output.result({ name, token, file: file.path }, () => token);
  output.note(`This is the token of ${name}. It is shown once, and kept nowhere.`);
  return EXIT.done;
};

const revoke: CommandBody<FileOption> = async (call) => {
  const [name = ''] = call.args;
  const file = await fileOf(call);
  if (!isKnown(file, name)) throw new UsageError(`there is no token ${name} in ${file.path}`);
  file.write(withoutToken(file.text(), name));
  new Output(call.globals).result({ name, revoked: true }, () => `${name} can send no more`);
  return EXIT.done;
};

interface TokenRow {
  readonly name: string;
  readonly home: string | null;
}

const COLUMNS: readonly Column<TokenRow>[] = [
  { key: 'name', heading: 'NAME', value: ({ name }) => name },
  { key: 'home', heading: 'ONLY FOR', value: ({ home }) => home ?? '' },
];

const list: CommandBody<FileOption> = async (call) => {
  const file = await fileOf(call);
  const tokens = file.isThere ? file.tokens() : [];
  const rows = tokens.map(({ name, home }) => ({ name, home }));
  showList(new Output(call.globals), {
    rows,
    columns: COLUMNS,
    document: { tokens: rows },
    empty: 'There are no tokens.',
  });
  return EXIT.done;
};

const isKnown = (file: TokenFile, name: string): boolean =>
  file.isThere && file.tokens().some((one) => one.name === name);
