import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import { withoutEngine } from '../support/engines.js';

interface Manifest {
  readonly engines: { readonly node: string };
  readonly scripts: Readonly<Record<string, string>>;
  readonly repository: { readonly url: string };
  readonly bugs: { readonly url: string };
  readonly homepage: string;
  readonly author: string;
}

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;

describe('CI', () => {
  it('runs .ci/run on each line of Node that redrain is for', () => {
    const { jobs } = parse(readFileSync('.github/workflows/ci.yml', 'utf8')) as {
      jobs: { test: { strategy: { matrix: { node: number[] } }; steps: { run?: string }[] } };
    };
    expect(jobs.test.strategy.matrix.node).to.deep.equal([20, 22, 24, 26]);
    expect(manifest.engines.node).to.match(/^\^20\.\d+\.0 \|\| >=22\.\d+\.0$/);
    expect(jobs.test.steps.map(({ run }) => run)).to.include('bash .ci/run');
  });

  it('runs scripts that there are', () => {
    const text = readFileSync('.ci/run', 'utf8');
    const named = [...text.matchAll(/^npm run --silent ([\w:]+)/gm)].map(([, name]) => name ?? '');
    expect(named).to.include.members(['lint', 'typecheck', 'check:package']);
    expect(named.filter((name) => manifest.scripts[name] === undefined)).to.deep.equal([]);
    expect(spawnSync('bash', ['-n', '.ci/run']).status).to.equal(0);
    expect(statSync('.ci/run').mode & 0o100).to.equal(0o100);
  });

  it('lets no test be skipped without a server where servers are required', () => {
    const before = process.env.REDRAIN_ENGINES;
    process.env.REDRAIN_ENGINES = 'required';
    try {
      const skip = () => expect.fail('it was skipped');
      const missing = () => withoutEngine({ skip } as never, 'Any', 'this is a test of that');
      expect(missing).to.throw('Any is not available: this is a test of that');
    } finally {
      if (before === undefined) delete process.env.REDRAIN_ENGINES;
      else process.env.REDRAIN_ENGINES = before;
    }
  });
});

describe('the manifest', () => {
  it('says where the project is, in one place', () => {
    const home = 'https://github.com/redrain/redrain';
    expect(manifest.repository.url).to.equal(`git+${home}.git`);
    expect([manifest.homepage, manifest.bugs.url]).to.deep.equal([
      `${home}#readme`,
      `${home}/issues`,
    ]);
    expect(readFileSync('LICENSE', 'utf8')).to.include(manifest.author);
  });
});
