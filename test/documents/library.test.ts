import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import * as library from '../../src/index.js';
import { Redrain, RedrainError } from '../../src/index.js';
import { RunningCli, startReceiver } from '../support/cli.js';
import { codeBlocks, documentText, namesIn, rowsOf } from '../support/markdown.js';
import { temporaryHome } from '../support/temporary-home.js';

const LIBRARY = fileURLToPath(new URL('../../src/index.js', import.meta.url));
const page = documentText('docs/embed.md');
const [ofReadme = ''] = codeBlocks(documentText('README.md'), 'js');

/** Runs a snippet as a program of its own on a new home, with receivers where it sends to some. */
async function run(snippet: string) {
  const [billing, search] = [await startReceiver(), await startReceiver()];
  const home = temporaryHome();
  const program = snippet
    .replace("'redrain'", `'${LIBRARY}'`)
    .replace('/var/lib/my-tool', join(home, 'home'))
    .replace('https://hooks.example', billing.url)
    .replace('https://search.example', search.url);
  const HOOK_SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    env: { PATH: process.env.PATH, HOME: home, HOOK_SECRET },
  });
  child.stdin.end();
  const { code, stdout, stderr } = await new RunningCli(child).exited;
  return { code, stdout, stderr };
}

/** What the comments behind its `console.log` say that it prints. */
const saidBy = (snippet: string): string =>
  [...snippet.matchAll(/console\.log\(.*\); \/\/ (.*\n)/g)].map(([, line]) => line).join('');

describe('the library as the documents show it', () => {
  const snippets = [ofReadme, ...codeBlocks(page, 'js')];

  it('in programs that are short enough to be read', () => {
    expect(snippets).to.have.lengthOf(4);
    for (const each of codeBlocks(documentText('README.md'), 'js'))
      expect(each.trim().split('\n').length, each).to.be.at.most(15);
  });

  for (const [index, snippet] of snippets.entries())
    it(`can be copied and run, and prints what it says: ${index + 1}`, async () => {
      const said = saidBy(snippet);
      expect(said).to.not.equal('');
      expect(await run(snippet)).to.deep.equal({ code: 0, stdout: said, stderr: '' });
    });

  it('has every call, and no other', () => {
    const [, list = ''] = /The library also has ([\s\S]*?)\.\n/.exec(page) ?? [];
    const calls = Object.getOwnPropertyNames(Redrain.prototype).filter(
      (it) => it !== 'constructor',
    );
    const named = new Set(namesIn(list).filter((name) => !/^(--json|drain)$/.test(name)));
    expect([...named, 'capture', 'captureMany', 'drain', 'close']).to.have.members(calls);
  });
});

describe('the errors of the library', () => {
  const rows = rowsOf(page, '`code`').map(({ names, cells }) => ({
    code: names[0],
    name: (cells[1] ?? '').replaceAll('`', ''),
    exitCode: Number(cells[2]),
  }));

  it('the page has each that can be imported, with its code and exit code', () => {
    expect(rows).to.have.deep.members(exportedErrors());
  });

  it('no two kinds share a code', () => {
    expect(new Set(rows.map(({ code }) => code)).size).to.equal(rows.length);
  });
});

/** Each is made once: the code belongs to an instance. Lists stand for every argument. */
function exportedErrors(): { code: string; name: string; exitCode: number }[] {
  return Object.values<unknown>({ ...library }).flatMap((exported) => {
    if (typeof exported !== 'function' || !(exported.prototype instanceof RedrainError)) return [];
    const error = Reflect.construct(exported, [['a'], ['b'], ['c']]) as RedrainError;
    const { code, name, exitCode } = error;
    return [{ code, name, exitCode }];
  });
}
