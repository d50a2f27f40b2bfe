import { expect } from 'chai';
import type { DoctorReport } from '../../src/app/doctor.js';
import type { EventsReport } from '../../src/app/events.js';
import type { StatusDocument } from '../../src/app/status.js';
import { HomeGauges } from '../../src/workers/home-gauges.js';
import { captured, sendTo } from '../processes/given-events.js';
import { readJournal } from '../processes/journal-rows.js';
import { type Cli, startReceiver } from '../support/cli.js';
import { rounds } from '../support/rounds.js';
import { WarmCli } from '../support/warm-cli.js';
import { givenService } from '../workers/given-service.js';

const EVENTS = rounds(2_000, 20_000);
/** Of a quarter of the events: which types are refused, and how many of each. */
const SHARES = { PaymentFailed: 0.175, RefundFailed: 0.05, CardExpired: 0.025 } as const;
const REJECTED = Object.entries(SHARES).map(([type, share]) => ({
  cause: `type ${type} refused`,
  events: Math.round(EVENTS * share),
}));
const ALL_REJECTED = REJECTED.reduce((sum, { events }) => sum + events, 0);
const number = (n: number): string => n.toLocaleString('en');
/** `350 rejected · "type PaymentFailed refused" (350), …` */
const STORY = `${number(ALL_REJECTED)} rejected · ${REJECTED.map(
  ({ cause, events }) => `"${cause}" (${number(events)})`,
).join(', ')}`;

function givenEvents(): object[] {
  const types = Object.entries(SHARES).flatMap(([type, share]) =>
    Array.from({ length: Math.round(EVENTS * share) }, () => type),
  );
  return Array.from({ length: EVENTS }, (_, i) => ({
    event_id: `e-${i}`,
    // Mixed among those that are accepted.
    event_type:
      types[Math.floor(i / 4)] !== undefined && i % 4 === 0 ? types[i / 4] : 'OrderPlaced',
  }));
}

describe('a quarter of the events refused for three causes', () => {
  it('is the same story in now, status, doctor, top, events and metrics, and the one of the ledger', async () => {
    const cli = new WarmCli();
    const receiver = await startReceiver({ misbehave: { rejectTypes: Object.keys(SHARES) } });
    sendTo(cli, receiver.url);
    await captured(cli, givenEvents());

    const now = await cli.run(['now']);
    expect(now.code).to.equal(7);
    const told = now.stdout.split('\n');
    expect(told[0]).to.include(
      `${number(EVENTS - ALL_REJECTED)} delivered, ${number(ALL_REJECTED)} rejected`,
    );
    expect(told[1]).to.equal(STORY);
    // One event for each cause among the first that failed is an example; the others are counted.
    const examples = now.stderr.split('\n').filter((line) => /^e-\d+: rejected: /.test(line));
    expect(examples.length).to.be.within(1, 3);
    expect(now.stderr).to.include(`… and ${number(ALL_REJECTED - examples.length)} more events`);

    expect(inLedger(cli)).to.deep.equal(REJECTED);
    await sameInTexts(cli);
    await sameInDocuments(cli);
    await sameInEvents(cli);
    await sameInMetrics(cli);
  });
});

/** Counted event by event, not from the counters that reports read. */
function inLedger(cli: Cli): { cause: string; events: number }[] {
  const rows = readJournal(cli.home, (db) =>
    db
      .prepare(
        `SELECT last_error AS cause, COUNT(*) AS events FROM delivery WHERE status = 'rejected'
        GROUP BY last_error ORDER BY events DESC`,
      )
      .all(),
  );
  return rows as { cause: string; events: number }[];
}

async function sameInTexts(cli: Cli): Promise<void> {
  const check = await cli.run(['status', '--check']);
  expect(check.code).to.equal(2);
  expect((await cli.run(['status'])).stdout).to.equal(check.stdout);
  expect(check.stdout).to.include(`\nproblem: ${STORY}: \`redrain now\`\n`);
  const sum = `${number(EVENTS - ALL_REJECTED)} delivered + ${number(ALL_REJECTED)} rejected = ${number(EVENTS)}`;
  expect(check.stdout).to.include(sum);
  const doctor = await cli.run(['doctor']);
  expect(doctor.code).to.equal(2);
  expect(doctor.stdout)
    .to.match(/^PROBLEM rejected +/m)
    .and.include(STORY);
  const top = (await cli.run(['top'])).stdout;
  expect(top).to.include(`problem: ${STORY}`);
  const counts = [EVENTS - ALL_REJECTED, ALL_REJECTED, ALL_REJECTED, 0].map(number);
  expect(top).to.match(new RegExp(`\\S+ +waits +${counts.join(' +')}\n`));
}

async function sameInDocuments(cli: Cli): Promise<void> {
  const causes = REJECTED.map(({ cause, events }) => ({ state: 'rejected', cause, events }));
  const status = (await cli.run(['status', '--json'])).json<StatusDocument>();
  const { delivery_ledger: ledger } = status;
  expect('error' in ledger || ledger.per_target[0]?.causes).to.deep.equal(causes);
  const finding = status.findings.find(({ check }) => check === 'rejected');
  expect(finding).to.include({ status: 'problem', message: STORY, count: ALL_REJECTED });
  const doctor = (await cli.run(['doctor', '--json'])).json<DoctorReport>();
  expect(doctor.checks.find(({ check }) => check === 'rejected')).to.include({ message: STORY });
  const now = (await cli.run(['now', '--json', '--limit', '1'])).json<{ causes: object[] }>();
  expect(now.causes).to.deep.equal(causes);
}

async function sameInEvents(cli: Cli): Promise<void> {
  const run = await cli.run(['events', '--state', 'rejected', '--limit', '100000', '--json']);
  const { events } = run.json<EventsReport>();
  expect(events).to.have.length(ALL_REJECTED);
  for (const { cause, events: n } of REJECTED)
    expect(events.filter(({ last_error }) => last_error === cause)).to.have.length(n);
}

async function sameInMetrics(cli: Cli): Promise<void> {
  const { app, queues, metrics } = await givenService(cli.home);
  await new HomeGauges(metrics.registry, app, queues).refresh();
  const text = await metrics.registry.metrics();
  expect(text).to.match(
    new RegExp(`target_events\\{[^}]*state="rejected"[^}]*\\} ${ALL_REJECTED}\n`),
  );
  for (const { cause, events } of REJECTED)
    expect(text).to.match(new RegExp(`cause_events\\{[^}]*cause="${cause}"[^}]*\\} ${events}\n`));
}
