import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import * as library from '../../src/index.js';
import { Redrain, RedrainError } from '../../src/index.js';
import { codeBlocks, documentText, rowsOf } from '../support/markdown.js';
import { temporaryHome } from '../support/temporary-home.js';

const LIBRARY = fileURLToPath(new URL('../../src/index.js', import.meta.url));
const readme = documentText('README.md');

describe('the library of the README', () => {
  it('can be copied and run, and prints what it says', () => {
    const [snippet = ''] = codeBlocks(readme, 'js');
    const home = join(temporaryHome(), 'home');
    const program = snippet.replace("'redrain'", `'${LIBRARY}'`).replace('/var/lib/my-tool', home);
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      env: { PATH: process.env.PATH, HOME: home },
      encoding: 'utf8',
    });
    const [, said] = /console\.log\(.*\); \/\/ (.*)$/m.exec(snippet) ?? [];
    expect(run).to.include({ status: 0, stdout: `${said}\n`, stderr: '' });
  });

  it('has every call that the README names', () => {
    const section = readme.split('## Library')[1]?.split('\n## ')[0] ?? '';
    const [, list = ''] = /Besides these: ([\s\S]*?)\./.exec(section) ?? [];
    const named = [...list.matchAll(/`(\w+)`/g)].map(([, name]) => name ?? '');
    const calls = Object.getOwnPropertyNames(Redrain.prototype).filter(
      (it) => it !== 'constructor',
    );
    expect([...named, 'capture', 'drain', 'close']).to.have.members(calls);
  });
});

describe('the errors of the library', () => {
  const rows = rowsOf(documentText('docs/library.md'), '`code`').map(({ names, cells }) => ({
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

  it('the snippet of the page can be run', () => {
    const [snippet = ''] = codeBlocks(documentText('docs/library.md'), 'js');
    const program = snippet
      .replace("'redrain'", `'${LIBRARY}'`)
      .replace('/var/lib/my-tool', join(temporaryHome(), 'home'));
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      env: { PATH: process.env.PATH },
      encoding: 'utf8',
    });
    const [, said] = /console\.log\(.*\); \/\/ (.*)$/m.exec(snippet) ?? [];
    expect(run).to.include({ status: 0, stdout: `${said}\n`, stderr: '' });
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
