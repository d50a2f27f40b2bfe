import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { Redrain } from '../../src/index.js';
import { codeBlocks, documentText } from '../support/markdown.js';
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
