import { VERSION } from '../version.js';
import type { ArgumentNode, CommandNode, OptionNode } from './completion/tree.js';
import { EXIT_MEANINGS } from './exit-meanings.js';

/** The manual page of the whole program, in the macros of man(7). `date`: of the page, `2026-11-22`. */
export function manPage(root: CommandNode, date: string): string {
  const commands = shown(root.commands);
  const groups = [...new Set(commands.map(({ group }) => group))];
  return [
    `.TH REDRAIN 1 ${date} "redrain ${VERSION}" "User Commands"`,
    '.SH NAME',
    `redrain \\- ${text(root.description)}`,
    '.SH SYNOPSIS',
    '.B redrain',
    text('[options] command [arguments]'),
    '.SH DESCRIPTION',
    text(
      'redrain keeps events in a local journal that is never changed, and delivers each of them to the targets you name. A ledger says which target has which event. Each command below has its own help: redrain COMMAND --help.',
    ),
    '.SH OPTIONS',
    text('These go with every command.'),
    ...root.options.flatMap(optionLines),
    ...groups.flatMap((heading) => [
      `.SH ${text(heading.toUpperCase())}`,
      ...commands
        .filter(({ group }) => group === heading)
        .flatMap((command) => commandLines(command, ['redrain'])),
    ]),
    '.SH EXIT STATUS',
    ...EXIT_MEANINGS.flatMap(([codes, meaning]) => ['.TP', `.B ${codes}`, text(meaning)]),
    '.SH ENVIRONMENT',
    '.TP',
    '.B REDRAIN_HOME',
    text('The home, where --home does not name one. `redrain config` lists every other variable.'),
    '.SH FILES',
    '.TP',
    '.I config.toml',
    text('In the home: all settings. redrain config path prints where it is.'),
    '',
  ].join('\n');
}

const shown = (commands: readonly CommandNode[]): CommandNode[] =>
  commands.filter(({ name, isHidden }) => name !== 'help' && !isHidden);

/** A command, its options and its example, then the commands that are in it. */
function commandLines(command: CommandNode, above: readonly string[]): string[] {
  const path = [...above, command.name];
  const own = command.options.filter(({ flags }) => !flags.includes('--help'));
  const inner = shown(command.commands);
  const usage = [...command.arguments.map(argumentTerm), ...(inner.length > 0 ? ['COMMAND'] : [])];
  return [
    `.SS ${text([...path, ...(own.length > 0 ? ['[options]'] : []), ...usage].join(' '))}`,
    text(command.description),
    ...own.flatMap(optionLines),
    ...command.examples.flatMap((line) => [
      '.PP',
      text('Example:'),
      '.PP',
      '.RS 4',
      '.nf',
      text(line),
      '.fi',
      '.RE',
    ]),
    ...inner.flatMap((one) => commandLines(one, path)),
  ];
}

function argumentTerm({ name, isRequired, isVariadic }: ArgumentNode): string {
  const term = `${name}${isVariadic ? '...' : ''}`;
  return isRequired ? `<${term}>` : `[${term}]`;
}

function optionLines({ term, description, value }: OptionNode): string[] {
  const choices =
    value === null || value.choices.length === 0 ? '' : ` (${value.choices.join(', ')})`;
  return ['.TP', `.B ${text(term)}`, text(`${description}${choices}`)];
}

/** Text that roff prints as it is, on one line. */
const text = (given: string): string =>
  given
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('`', '')
    .replaceAll("'", '\\(aq')
    .replaceAll(/\s*\n\s*/g, ' ')
    .replaceAll(
      /[^\x20-\x7e]/gu,
      (found) => `\\[u${found.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}]`,
    )
    .replace(/^\./, '\\&.');
