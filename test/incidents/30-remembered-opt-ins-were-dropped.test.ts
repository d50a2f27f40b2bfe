import { expect } from 'chai';
import type { ProjectRow } from '../../src/app/projects.js';
import { SIGNED_IN } from '../processes/given-events.js';
import { eventServer } from '../support/event-server.js';
import { Machine } from '../support/machine.js';
import { WarmCli } from '../support/warm-cli.js';

/** As an earlier Spec Kitty wrote it, and no other key of redrain's own. */
const remembered = (url: string): string => `
[sync]
server_url = "${url}"
max_queue_size = 10000

[sync.repo_defaults."acme/yes"]
enabled = true
[sync.repo_defaults."acme/no"]
enabled = false

[sync.checkout_overrides."/projects/yes"]
enabled = true
[sync.checkout_overrides."/projects/no"]
enabled = false
`;

/** Who is who: the repository in the envelope, the directory of the capture, and the answer. */
const PROJECTS: readonly {
  readonly id: string;
  readonly repo: string;
  readonly checkout: string;
  readonly source: string;
  readonly allowed: boolean;
}[] = [
  {
    id: 'by-repo',
    repo: 'acme/yes',
    checkout: '/x',
    source: 'repo_defaults."acme/yes"',
    allowed: true,
  },
  {
    id: 'not-by-repo',
    repo: 'acme/no',
    checkout: '/x',
    source: 'repo_defaults."acme/no"',
    allowed: false,
  },
  {
    id: 'by-checkout',
    repo: '',
    checkout: '/projects/yes',
    source: 'checkout_overrides."/projects/yes"',
    allowed: true,
  },
  {
    id: 'not-by-checkout',
    repo: 'acme/yes',
    checkout: '/projects/no',
    source: 'checkout_overrides."/projects/no"',
    allowed: false,
  },
  { id: 'unheard-of', repo: 'acme/other', checkout: '/y', source: 'unknown', allowed: false },
];

describe('incident 30: remembered opt-ins were dropped, and nobody was told', () => {
  it('the old keys count, and `projects list` shows where each permission comes from', async () => {
    const server = await eventServer();
    const cli = new WarmCli(SIGNED_IN);
    const machine = new Machine(cli.env, cli.home).configure(remembered(server.url));
    const redrain = machine.open();
    for (const { id, repo, checkout } of PROJECTS) {
      const event = { event_id: id, event_type: 'T', project_uuid: id, repo_slug: repo };
      await redrain.capture(event, { checkout });
    }

    expect(await redrain.drain()).to.include({ delivered: 2, held: 3 });
    expect(server.posts.flat()).to.deep.equal(['by-repo', 'by-checkout']);
    await redrain.close();
    const run = await cli.run(['projects', 'list', '--json']);
    const { projects } = run.json<{ projects: ProjectRow[] }>();
    for (const { id, source, allowed } of PROJECTS) {
      const row = projects.find(({ project_uuid }) => project_uuid === id);
      expect(row, id).to.include({ allowed });
      expect(row?.source, id).to.contain(source);
    }
  });
});
