import { expect } from 'chai';
import { documentText, rowsOf } from '../support/markdown.js';
import { documentedCommands } from './command-tree.js';

const readme = documentText('README.md');
const [root] = documentedCommands();

/** Names under each heading of the help, Spec Kitty's left out. */
function groupsOfHelp(): Record<string, string[]> {
  const parts = (root?.help ?? '').split(/\n\n(?=[A-Z][\w ]+:\n {2}[a-z]+ )/).slice(1);
  const groups = parts.map((part) => [
    /^[^:]+/.exec(part)?.[0] ?? '',
    [...part.matchAll(/^ {2}([a-z]+) {2,}/gm)].flatMap(([, name = '']) =>
      name === 'help' ? [] : name,
    ),
  ]);
  return Object.fromEntries(groups.filter(([heading]) => heading !== 'Spec Kitty'));
}

/** Names in the table under each heading of the README. */
function groupsOfReadme(): Record<string, string[]> {
  const section = readme.split('## Commands\n')[1]?.split('\n## ')[0] ?? '';
  const parts = section.split(/^### /m).slice(1);
  return Object.fromEntries(
    parts.map((part) => [
      part.split('\n')[0],
      rowsOf(part, 'command').flatMap(({ names }) => names.map((name) => name.split(' ')[0] ?? '')),
    ]),
  );
}

describe('the first page', () => {
  it('begins with the two commands', () => {
    expect(readme).to.match(/^# redrain\n\n```sh\nnpm run demo .*\nnpm test .*\n```\n/);
  });

  it('has the commands in the groups and the order of the help', () => {
    expect(Object.keys(groupsOfHelp())).to.have.length.above(4);
    expect(groupsOfReadme()).to.deep.equal(groupsOfHelp());
  });

  it('has the rates that the page about them has', () => {
    const performance = documentText('docs/performance.md');
    const rates = rowsOf(readme, 'work').map(({ cells }) => cells.slice(1));
    expect(rates).to.have.lengthOf(3);
    for (const [rate = '', part = ''] of rates) {
      const row = performance.split('\n').find((line) => line.includes(`| ${rate} events/s |`));
      expect(row, rate).to.include(`| ${(Number.parseInt(part, 10) / 100).toFixed(2)} |`);
    }
  });

  it('counts the kills that the page about them lists', () => {
    const listed = [
      ...documentText('docs/reliability.md').matchAll(/<!-- kills: [\s\S]*?<!-- end -->/g),
    ].map(([part]) => part);
    const kills = listed.flatMap((part) => part.match(/^\| `/gm) ?? []);
    expect(readme.replaceAll('\n', ' ')).to.include(
      `${kills.length} times \`kill -9\`, in ${listed.length} kinds of work`,
    );
  });
});
