import { expect } from 'chai';
import type { StatusDocument } from '../../src/app/status.js';
import type { DrainReport } from '../../src/dispatch/drain-report.js';
import { openRedrain } from '../../src/index.js';
import { SIGNED_IN } from '../processes/given-events.js';
import { type Cli } from '../support/cli.js';
import { type EventServer, eventServer } from '../support/event-server.js';
import { WarmCli } from '../support/warm-cli.js';

const AGREED = 'a0a0a0a0-0000-4000-8000-000000000000';
const STRANGERS = Array.from({ length: 5 }, (_, i) => `b${i}b0b0b0-0000-4000-8000-000000000000`);

const events = (count: number, prefix: string, project: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => ({
    event_id: `${prefix}-${i}`,
    event_type: 'WPStatusChanged',
    project_uuid: project(i),
  }));

/** A checkout that agreed, on a machine whose journal is full of others' events. */
async function givenMachine(server: EventServer): Promise<Cli> {
  const cli = new WarmCli(SIGNED_IN);
  cli.configure(
    `[sync]\nserver_url = "${server.url}"\n[sync.checkout_overrides."${cli.cwd}"]\nenabled = true\n`,
  );
  const redrain = await openRedrain({ home: cli.home, env: cli.env });
  for (const round of ['first', 'second']) {
    const others = events(661, `other-${round}`, (i) => STRANGERS[i % 5] ?? '');
    await redrain.captureMany(others, { checkout: '/somewhere/else' });
    await redrain.captureMany(
      events(20, `own-${round}`, () => AGREED),
      { checkout: cli.cwd },
    );
  }
  await redrain.close();
  return cli;
}

describe('incident 2: one `now` sent 1,322 events of five projects that had never agreed', () => {
  it('permission is asked of each event, before the limit; what is held is counted and shown', async () => {
    const server = await eventServer();
    const cli = await givenMachine(server);

    const limited = await cli.run(['now', '--limit', '10', '--json']);
    expect(limited.code, limited.stderr).to.equal(0);
    expect(limited.json<DrainReport>()).to.include({ delivered: 10, held: 1_322, unsent: 30 });
    const rest = await cli.run(['now']);

    expect(rest.code, rest.stderr).to.equal(0);
    expect(rest.stdout).to.contain('30 delivered').and.contain('1,322 events held');
    const sent = server.posts.flat();
    expect(sent).to.have.length(40);
    expect(sent.filter((id) => !id.startsWith('own-'))).to.deep.equal([]);
    expect(await heldIn(cli)).to.deep.equal({ project_not_allowed: 1_322 });
  });

  it('a project that was allowed opens the door for itself alone', async () => {
    const server = await eventServer();
    const cli = await givenMachine(server);
    const config = `[sync]\nserver_url = "${server.url}"\n[sync.projects]\n"${STRANGERS[2]}" = "allow"\n`;
    cli.configure(config);
    const redrain = await openRedrain({ home: cli.home, env: cli.env });
    expect(await redrain.drain()).to.include({ delivered: 264, held: 1_322 + 40 - 264 });
    await redrain.close();
    const seen = server.seen.filter(({ eventIds }) => eventIds.length > 0);
    const projects = seen.flatMap(({ body }) =>
      (JSON.parse(body.toString()) as Batch).events.map(({ project_uuid }) => project_uuid),
    );
    expect(new Set(projects)).to.deep.equal(new Set([STRANGERS[2]]));
  });
});

interface Batch {
  readonly events: readonly { readonly project_uuid: string }[];
}

async function heldIn(cli: Cli): Promise<unknown> {
  const redrain = await openRedrain({ home: cli.home, env: cli.env });
  const { event_journal }: StatusDocument = await redrain.status();
  await redrain.close();
  return 'error' in event_journal ? event_journal : event_journal.held;
}
