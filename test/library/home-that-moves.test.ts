import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { openRedrain } from '../../src/index.js';
import { scriptedServer } from '../receivers/scripted-server.js';
import { closeAfterTest, stateOf, temporaryHome } from '../support/temporary-home.js';
import { envelopes, writeConfig } from './given-redrain.js';

describe('a home that moves', () => {
  it('is the same source of CloudEvents, and another home is another one', async () => {
    const server = await scriptedServer(() => ({ status: 204 }));
    closeAfterTest(() => server.close());
    const config = `[sync]\nmode = "EXTERNAL_RECEIVER"\ntarget = "a"\n[sync.targets.a]\nurl = "${server.url}/in"\nformat = "cloudevents"\n`;
    const drained = async (home: string, prefix: string): Promise<string> => {
      const redrain = await openRedrain({ home, env: {} });
      try {
        await redrain.captureMany(envelopes(1, prefix));
        expect(await redrain.drain()).to.include({ delivered: 1 });
      } finally {
        await redrain.close();
      }
      return (JSON.parse(String(server.seen.at(-1)?.body)) as { source: string }).source;
    };
    const root = temporaryHome();
    const before = temporaryHome();
    writeConfig(before, config);
    const first = await drained(before, 'a');
    expect(first).to.match(/^\/redrain\/[0-9a-f]{12}$/);
    expect(`/redrain/${readFileSync(join(stateOf(before), 'home-id'), 'utf8').trim()}`).to.equal(
      first,
    );
    const after = join(root, 'elsewhere');
    renameSync(before, after);
    expect(await drained(after, 'b')).to.equal(first);
    writeConfig(root, config);
    expect(await drained(root, 'c')).to.not.equal(first);
  });
});
