import { existsSync, readdirSync } from 'node:fs';
import { expect } from 'chai';
import { EXIT } from '../../src/base/exit-codes.js';
import { DRAIN_BLOCKED_REASONS } from '../../src/dispatch/ports.js';
import { HubMetrics } from '../../src/hub/hub-metrics.js';
import { rolesOf } from '../../src/postgres/schema/roles.js';
import { EVENT_STATES } from '../../src/reports/event-list.js';
import { EdgeGauges } from '../../src/workers/edge-gauges.js';
import { HomeGauges } from '../../src/workers/home-gauges.js';
import { givenRedrain } from '../library/given-redrain.js';
import { connectionOf } from '../support/core.js';
import { codeBlocks, documentText, rowsOf } from '../support/markdown.js';
import { temporaryHome } from '../support/temporary-home.js';
import { givenService } from '../workers/given-service.js';
import { documents } from './documents.js';

const every = (pattern: RegExp): { path: string; found: string }[] =>
  documents().flatMap((path) =>
    [...documentText(path).matchAll(pattern)].map(([, found]) => ({ path, found: found ?? '' })),
  );

/** Of a line of an export, not a metric. */
const KEY_OF_EXPORTS = 'redrain_export';

describe('what the documents call things', () => {
  const codes = Object.values(EXIT).map(String);

  it('exit codes: the README has all of them, and no document another', () => {
    const line = /^Exit codes: ([\s\S]*?)\n\n/m.exec(documentText('README.md'))?.[1] ?? '';
    const listed = line.split(/ · /).flatMap((part) => /^\d+(?:, \d+)*/.exec(part)?.[0] ?? []);
    expect(listed.flatMap((part) => part.split(', '))).to.have.members(codes);
    const explained = rowsOf(documentText('docs/troubleshooting.md'), 'code');
    expect(['0', ...explained.flatMap(({ cells }) => cells[0]?.split(', ') ?? [])]).to.have.members(
      codes,
    );
    const said = every(/\b(?:exit|exits|ends with|ended with|ends by) (\d+)\b/g);
    expect(said.length).to.be.greaterThan(8);
    expect(said.filter(({ found }) => !codes.includes(found))).to.deep.equal([]);
  });

  it('the words of `blocked`: troubleshooting has exactly those there are', () => {
    const pages = ['docs/troubleshooting.md', 'docs/spec-kitty.md'].map(documentText);
    const rows = pages.flatMap((page) => rowsOf(page, '`blocked` says'));
    const words = new Set(rows.flatMap(({ names }) => names[0] ?? []));
    expect([...words]).to.have.members([...DRAIN_BLOCKED_REASONS]);
  });

  it('metrics, and the labels they are asked for', async () => {
    const { app, queues, metrics } = await givenService();
    await new HomeGauges(metrics.registry, app, queues).refresh();
    const { registry: ofHub } = new HubMetrics(() => 0);
    await new EdgeGauges(ofHub, app).refresh();
    const known = new Map<string, readonly string[]>(
      [metrics.registry, ofHub]
        .flatMap((registry) => registry.getMetricsAsArray())
        .map((metric) => [metric.name, labelsOf(metric)]),
    );
    expect(known.get('redrain_queue_jobs')).to.deep.equal(['queue', 'state']);
    const named = every(/\b(redrain_\w+(?:\{\w+)?)/g);
    const others = [KEY_OF_EXPORTS, ...Object.values(rolesOf('redrain'))];
    const said = named.filter(({ found }) => !others.includes(found));
    expect(said.length).to.be.greaterThan(5);
    const strange = said.filter(({ found }) => {
      const [name = '', label] = found.split('{');
      const labels = known.get(name);
      return labels === undefined || (label !== undefined && !labels.includes(label));
    });
    expect(strange).to.deep.equal([]);
  });

  it('files and folders of this repository', () => {
    const said = every(
      /`((?:src|test|migrations|workers|scripts|bench|docs|examples)\/[\w./-]*)`/g,
    );
    expect(said.length).to.be.greaterThan(15);
    expect(said.filter(({ found }) => !existsSync(found))).to.deep.equal([]);
  });

  it('states: the concepts explain each that an event can have', () => {
    const words = rowsOf(documentText('docs/concepts.md'), 'word').map(({ cells }) => cells[0]);
    // What is live is told by the word for its delivery.
    expect([...words, 'live']).to.have.members([...EVENT_STATES]);
  });

  it('folders: the architecture has all of `src`', () => {
    const listed = rowsOf(documentText('docs/architecture.md'), 'folder');
    const folders = readdirSync('src', { withFileTypes: true }).filter((it) => it.isDirectory());
    const named = listed.flatMap(({ names }) => names[0] ?? []);
    expect(named.filter((name) => !name.endsWith('.ts'))).to.have.members(
      folders.map(({ name }) => `src/${name}`),
    );
  });

  it('tables: the architecture and the design have all of journal.db', async () => {
    const db = connectionOf(await (await givenService(temporaryHome())).app.stores());
    const tables = db
      .statement("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
      .pluck()
      .all();
    const block = codeBlocks(documentText('docs/architecture.md').split('## Tables')[1] ?? '', '');
    const listed = (block[0] ?? '')
      .split('\n')
      .flatMap((line) => /^(\w+(?:, \w+)*) +\S/.exec(line)?.[1]?.split(', ') ?? []);
    expect(listed).to.have.members(tables);
    const explained = rowsOf(documentText('docs/design.md'), 'table').flatMap(({ names }) => names);
    expect([...explained, 'migrations']).to.have.members(tables);
  });

  it('the status document: its fields, in their order', async () => {
    const { redrain } = await givenRedrain();
    await redrain.capture({ event_id: 'e', event_type: 'T' });
    await redrain.drain();
    const status = await redrain.status();
    const rows = rowsOf(documentText('docs/status.md'), 'field');
    const fields = rows.map(({ names: [name = ''] }) => name.split(/[.[]/)[0]);
    expect([...new Set(fields)]).to.deep.equal(Object.keys(status));
    const { delivery_ledger: ledger } = status;
    const [row = {}] = 'error' in ledger ? [] : ledger.per_target;
    const [sum = ''] = codeBlocks(documentText('docs/status.md'), '');
    const terms = sum.match(/\w+/g) ?? [];
    expect(terms).to.have.lengthOf(14);
    for (const name of [...terms, 'adds_up', 'replay_marked', 'oldest_undelivered_at'])
      expect(row, name).to.have.property(name);
  });
});

const labelsOf = (metric: object): readonly string[] =>
  'labelNames' in metric ? (metric.labelNames as string[]) : [];
