import { chmodSync } from 'node:fs';
import { expect } from 'chai';
import { App } from '../../src/app/app.js';
import { examine } from '../../src/app/doctor.js';
import { reportStatus } from '../../src/app/status.js';
import { statusText } from '../../src/cli/status-text.js';
import type { Finding } from '../../src/reports/finding.js';
import { envelopes, externalTo, writeConfig } from '../library/given-redrain.js';
import { scriptedServer } from '../receivers/scripted-server.js';
import type { EngineHomes } from '../support/each-engine.js';
import { closeAfterTest, temporaryHome } from '../support/temporary-home.js';
import { typedLine } from '../support/typed.js';

/** A home that sends to a server which answers as the test says. */
export interface Given {
  readonly home: string;
  /** What its processes find in their environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly app: App;
  /** What the server says of each event, or the status of the whole answer. */
  answer: string | number;
}

export async function given(more = '', on?: EngineHomes): Promise<Given> {
  const home = temporaryHome();
  chmodSync(home, 0o700);
  const state: { answer: string | number } = { answer: 'success' };
  const server = await scriptedServer(({ eventIds }) => {
    if (typeof state.answer === 'number') return { status: state.answer, body: '{}' };
    const results = eventIds.map((event_id) => ({
      event_id,
      status: state.answer,
      error: 'type T refused',
      error_category: 'nope',
    }));
    return { status: 200, body: JSON.stringify({ results }) };
  });
  closeAfterTest(() => server.close());
  writeConfig(home, externalTo(server.url, more));
  const env = on?.env(home) ?? {};
  const app = new App({ home, env });
  closeAfterTest(() => app.close());
  return Object.assign(state, { home, env, app });
}

export async function capture({ app }: Given, count: number, prefix = 'e'): Promise<void> {
  await app.captureGroup(
    envelopes(count, prefix).map((one) => ({ bytes: Buffer.from(JSON.stringify(one)) })),
  );
}

export async function found({ home, env }: Given, check: string): Promise<Finding[]> {
  const app = new App({ home, env });
  const { findings } = await reportStatus(app).finally(() => app.close());
  return findings.filter((one) => one.check === check);
}

export const healthy = async () => ({ status: 405, headers: {}, body: Buffer.alloc(0) });

/**
 * Status, its check, doctor and the next step say the same of one finding, and
 * what they say to type ends it.
 */
export async function expectMended(
  at: Given,
  check: string,
  {
    weight = 'problem',
    says,
    before,
  }: { weight?: string; says?: RegExp; before?: () => unknown } = {},
): Promise<void> {
  const app = new App({ home: at.home, env: at.env });
  const report = await reportStatus(app);
  const doctor = await examine(app, healthy);
  await app.close();
  const one = report.findings.find((finding) => finding.check === check) as Finding;
  const all = JSON.stringify(report.findings.map((finding) => [finding.check, finding.message]));
  expect(one, `${check} of ${all}`).to.not.equal(undefined);
  expect(one.status, one.message).to.equal(weight);
  if (says !== undefined) expect(one.message).to.match(says);
  expect(report.document.ok).to.equal(report.findings.every(({ status }) => status !== 'problem'));
  expect(doctor.ok).to.equal(report.document.ok);
  expect(doctor.checks).to.deep.include({
    check,
    status: one.status,
    message: one.message,
    command: one.command,
  });
  expect(one.command, one.message)
    .to.be.a('string')
    .and.not.match(/redrain (doctor|status)/);
  if (report.findings[0] === one) expect(statusText(report, [])).to.include(`\`${one.command}\``);
  before?.();
  await typedLine(at.home, one.command as string, at.env);
  expect(await found(at, check), `after ${one.command}`).to.deep.equal([]);
}
