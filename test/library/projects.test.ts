import { expect } from 'chai';
import { ConfigUnreadableError } from '../../src/index.js';
import { describeOnEachHome } from '../support/each-engine.js';
import { givenRedrain, writeConfig } from './given-redrain.js';

describeOnEachHome('projects, as a program sees them', (on) => {
  it('are those of the events, with what the configuration says of each', async () => {
    const { redrain } = await givenRedrain({ on, config: '[sync.projects]\nharbor = "allow"\n' });
    for (const [event_id, project_uuid] of [
      ['a', 'harbor'],
      ['b', 'harbor'],
      ['c', 'pier'],
    ])
      await redrain.capture({ event_id, event_type: 'T', project_uuid });
    const rows = (await redrain.projects()).map(({ project_uuid, events, allowed }) => ({
      project_uuid,
      events,
      allowed,
    }));
    expect(rows).to.have.deep.members([
      { project_uuid: 'harbor', events: 2, allowed: true },
      { project_uuid: 'pier', events: 1, allowed: false },
    ]);
  });

  it('cannot be told while config.toml cannot be read', async () => {
    const { home, redrain } = await givenRedrain({ on });
    writeConfig(home, '[sync\n');
    const failure = await redrain.projects().catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(ConfigUnreadableError);
  });
});
