import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { FINDING_CODES } from '../../src/receivers/probe/finding.js';
import { type ProbeReport, probe } from '../../src/receivers/probe/probe.js';
import { never } from '../receivers/events.js';
import { temporaryHome } from '../support/temporary-home.js';
import { CATALOGUE } from './catalogue.js';
import { FRAMEWORK_NAMES, ROUTES, startFramework } from './frameworks.js';
import { API_KEY, SECRET } from './plain-receivers.js';
import { probed } from './probed.js';
import { type CatalogueReceiver, startDistantReceiverOf, startReceiverOf } from './receiver.js';

const OPTIONS = { signal: never(), now: () => Date.now() };

/** The canaries are given what the events of the catalogue have. */
async function probeOf(receiver: CatalogueReceiver): Promise<ProbeReport> {
  const { signed, ...settings } = receiver.settings;
  const declared = { ...settings, ...(signed === true && { secretEnv: ['HOOK_SECRET'] }) };
  const env = { HOOK_SECRET: SECRET, API_KEY };
  const members = receiver.members?.(0) ?? {};
  const options = { ...OPTIONS, members: members as Record<string, unknown> };
  if (receiver.distant !== true) {
    const { url } = await startReceiverOf(receiver);
    return probe(probed(url, declared, env), options);
  }
  const distant = await startDistantReceiverOf(receiver);
  const caFile = join(temporaryHome(), 'ca.pem');
  writeFileSync(caFile, distant.ca);
  return probe(probed(distant.url, declared, { ...env, ...distant.env }, caFile), options);
}

/** Of a request, where a framework has one that is smaller than ours. */
const LIMITED: Readonly<Record<string, readonly string[]>> = { express: ['size_limit'] };

describe('targets test at frameworks with their defaults', () => {
  for (const name of FRAMEWORK_NAMES)
    it(`${name}: finds its limit, and nothing else, in every format`, async () => {
      for (const [path, { signed: _, ...settings }] of ROUTES) {
        const { url } = await startFramework(name);
        const options = { ...OPTIONS, members: { index: 1 } };
        const { works, findings } = await probe(probed(`${url}${path}`, settings), options);
        const codes = findings.map(({ code }) => code);
        expect(codes, `${path} ${JSON.stringify(findings)}`).to.deep.equal(LIMITED[name] ?? []);
        expect(works).to.equal(true);
      }
    }).timeout(60_000);
});

/** Events arrive in spite of it. */
const ONLY_WARNED = new Set(['delivered']);

describe('targets test, held to the catalogue', () => {
  it('each code has its row in docs/targets.md', () => {
    const page = readFileSync('docs/targets.md', 'utf8');
    const rows = [...page.matchAll(/^\| (`[^|]+) \| (?:error|warning)/gm)].map(([, cell]) => cell);
    const named = rows.join(' ').match(/[a-z_]+/g);
    expect([...new Set(named)]).to.have.members([...FINDING_CODES]);
  });

  for (const receiver of CATALOGUE.filter(({ finding }) => finding === undefined))
    it(`${receiver.name}: finds nothing wrong`, async () => {
      const { findings, works } = await probeOf(receiver);
      expect(findings).to.deep.equal([]);
      expect(works).to.equal(true);
    }).timeout(30_000);

  for (const receiver of CATALOGUE.filter(({ finding }) => finding !== undefined))
    it(`${receiver.name}: names ${receiver.finding}, and nothing else`, async () => {
      const { findings, works } = await probeOf(receiver);
      expect(findings.map(({ code }) => code)).to.deep.equal([receiver.finding]);
      expect(works).to.equal(ONLY_WARNED.has(String(receiver.verdict)));
    }).timeout(30_000);
});
