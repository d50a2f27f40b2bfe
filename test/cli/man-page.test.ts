import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { programTree } from '../../src/cli/completion/program-tree.js';
import type { CommandNode } from '../../src/cli/completion/tree.js';
import { MAIN } from '../support/cli.js';

const PAGE = join(dirname(MAIN), 'man', 'redrain.1');

/** Every command below the root by its path, and what its help lists. */
const named = (node: CommandNode, path: string): string[] =>
  node.name === 'help'
    ? []
    : [
        `.SS ${path}`,
        ...node.options.map(({ term }) => term),
        ...node.examples,
        ...node.commands.flatMap((one) => named(one, `${path} ${one.name}`)),
      ];

describe('the man page', () => {
  it('is where the package says', () => {
    const { man } = JSON.parse(readFileSync('package.json', 'utf8')) as { man: string };
    expect(man).to.equal('./lib/man/redrain.1');
    expect(existsSync(PAGE)).to.equal(true);
  });

  it('has every command, option and example of the program', async () => {
    const source = readFileSync(PAGE, 'utf8').replaceAll('\\-', '-').replaceAll('\\(aq', "'");
    const { commands } = await programTree();
    const all = commands.flatMap((one) => named(one, `redrain ${one.name}`));
    expect(all.length).to.be.greaterThan(200);
    const missing = all.filter((one) => !source.includes(one));
    expect(missing).to.deep.equal([]);
  });

  it('is read without a warning', function () {
    const lint = spawnSync('mandoc', ['-T', 'lint', '-W', 'warning', PAGE], { encoding: 'utf8' });
    if (lint.error !== undefined) {
      process.stderr.write('SKIPPED: mandoc is not installed, so the man page is not checked\n');
      this.skip();
    }
    expect(lint.stdout + lint.stderr).to.equal('');
    const { stdout } = spawnSync('mandoc', ['-T', 'ascii', PAGE], { encoding: 'utf8' });
    // Bold print is a letter, a step back, and the letter again.
    const text = stdout
      .split('\b')
      .map((part, i, all) => (i < all.length - 1 ? part.slice(0, -1) : part))
      .join('');
    expect(text).to.match(/EXIT STATUS/);
    expect(text).to.match(/redrain targets add \[options\] <name> <url>/);
    expect(text).to.include('--export [file]');
  });
});
