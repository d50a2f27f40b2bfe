import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { Counter, Histogram } from 'prom-client';
import { parse } from 'yaml';
import { HomeGauges } from '../../src/workers/home-gauges.js';
import { documentText, rowsOf } from '../support/markdown.js';
import { givenService } from '../workers/given-service.js';

interface Metric {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
}

const ALERTS = 'packaging/prometheus/alerts.yml';
const DASHBOARD = 'packaging/grafana/redrain.json';

/** What Prometheus and Grafana give every series. */
const OF_PROMETHEUS = ['instance', 'job', 'le'];

describe('metrics', () => {
  let metrics: readonly Metric[];
  before(async () => {
    metrics = await metricsOfAWorker();
  });

  it('are all in docs/operations.md, with type and labels, and no others', () => {
    const rows = rowsOf(documentText('docs/operations.md'), 'metric');
    const documented = rows.map(({ cells: [name = '', type = '', labels = ''] }) => ({
      name: name.replaceAll('`', ''),
      type,
      labels: labels.match(/\w+/g) ?? [],
    }));
    expect(documented).to.have.deep.members(metrics);
  });

  it('are named as Prometheus asks: base units, and counters alone end in _total', () => {
    for (const { name, type } of metrics) {
      expect(name).to.match(/^redrain_[a-z_]+$/);
      expect(name.endsWith('_total'), name).to.equal(type === 'counter');
      expect(name).to.not.match(/_(ms|milliseconds|minutes|kib|count|sum|bucket)(_|$)/);
      if (type === 'histogram') expect(name).to.match(/_seconds$/);
    }
  });

  for (const [file, read] of [
    [ALERTS, alertQueries],
    [DASHBOARD, dashboardQueries],
  ] as const)
    it(`are what ${file} asks for, with labels that they have`, () => {
      const queries = read();
      expect(queries.length).to.be.greaterThan(10);
      expect(queries.flatMap((query) => strangeIn(query, metrics))).to.deep.equal([]);
    });

  it('and a query for one that there is not would be seen', () => {
    expect(strangeIn('rate(redrain_jobs[5m])', metrics)).to.have.length(1);
    expect(strangeIn('sum by (team) (redrain_jobs_total)', metrics)).to.have.length(1);
    expect(strangeIn('redrain_jobs_total{state="x"}', metrics)).to.have.length(1);
  });

  it('have alerts that the document explains, each of them tested', () => {
    const names = alerts().map(({ alert }) => alert);
    const explained = rowsOf(documentText('docs/operations.md'), 'alert');
    expect(explained.flatMap(({ names: [name = ''] }) => name)).to.deep.equal(names);
    const tests = readFileSync('packaging/prometheus/alerts.test.yml', 'utf8');
    const fires = [...tests.matchAll(/alertname: (\w+)\n +eval_time: \w+\n +exp_alerts:/g)];
    const fired = new Set(fires.map(([, name]) => name));
    expect(names.filter((name) => !fired.has(name))).to.deep.equal([]);
  });
});

async function metricsOfAWorker(): Promise<Metric[]> {
  const { app, queues, metrics } = await givenService();
  await new HomeGauges(metrics.registry, app, queues).refresh();
  return metrics.registry.getMetricsAsArray().map((metric) => ({
    name: metric.name,
    type:
      metric instanceof Counter ? 'counter' : metric instanceof Histogram ? 'histogram' : 'gauge',
    labels: [...((metric as { labelNames?: string[] }).labelNames ?? [])],
  }));
}

/** Metrics that are not there, and labels that none of those in the query has. */
function strangeIn(query: string, metrics: readonly Metric[]): string[] {
  const names = query.match(/\bredrain_\w+/g) ?? [];
  const asked = names.map((name) =>
    metrics.find((one) => one.name === name || `${one.name}_bucket` === name),
  );
  const labels = new Set([...OF_PROMETHEUS, ...asked.flatMap((metric) => metric?.labels ?? [])]);
  const named = [
    ...[...query.matchAll(/\b(?:by|on|group_left) \(([\w, ]+)\)/g)].flatMap(
      ([, list]) => list?.split(/, */) ?? [],
    ),
    ...[...query.matchAll(/\b(\w+)(?:=~|!~|!=|=)"/g)].map(([, label]) => label ?? ''),
  ];
  return [
    ...names.filter((_, at) => asked[at] === undefined),
    ...named.filter((label) => !labels.has(label)).map((label) => `${label} in ${query}`),
  ];
}

function alerts(): { alert: string; expr: string }[] {
  const { groups } = parse(readFileSync(ALERTS, 'utf8')) as {
    groups: { rules: { alert: string; expr: string }[] }[];
  };
  return groups.flatMap(({ rules }) => rules);
}

function alertQueries(): string[] {
  return alerts().map(({ expr }) => expr);
}

function dashboardQueries(): string[] {
  const { panels, templating } = JSON.parse(readFileSync(DASHBOARD, 'utf8')) as {
    panels: { targets: { expr: string }[] }[];
    templating: { list: { definition?: string }[] };
  };
  const variables = templating.list.flatMap(({ definition }) => definition ?? []);
  return [...variables, ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))];
}
