import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { App } from '../../src/app/app.js';
import type { ClaimedEvent } from '../../src/dispatch/ports.js';
import { sendTo } from '../processes/given-events.js';
import { ScriptedReceiver } from '../support/scripted-receiver.js';
import { closeAfterTest, stateOf } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';

const PASS = { ignoreBackoff: true, waitForLock: true, signal: new AbortController().signal };

describe('a drain whose lock file is removed', () => {
  it('stops before its next request once another drain has begun', async () => {
    const cli = new WarmCli();
    sendTo(cli, 'http://a.test/in', { maxEvents: 5 });
    const first = new ScriptedReceiver();
    const second = new ScriptedReceiver();
    const inputs = Array.from({ length: 20 }, (_, i) => ({
      bytes: Buffer.from(`{"event_id":"e${i}","event_type":"T"}`),
    }));
    const other = appOn(cli.home, () => second);
    const deliver = first.deliver.bind(first);
    let removed = false;
    first.deliver = async (events: readonly ClaimedEvent[], ...rest) => {
      if (!removed) {
        removed = true;
        rmSync(join(stateOf(cli.home), 'locks'), { recursive: true });
        await other.drain(PASS);
      }
      return deliver(events, ...rest);
    };
    const app = appOn(cli.home, () => first);
    await app.captureGroup(inputs);
    const report = await app.drain(PASS);
    expect(report.blocked_reason).to.equal('daemon_lock');
    expect(first.posts, 'the request that was on its way').to.have.length(1);
    expect(new Set(second.posts.flat()).size).to.equal(20);
  });
});

function appOn(home: string, receiver: () => ScriptedReceiver): App {
  const app = new App({ home, env: {}, receiver });
  closeAfterTest(() => app.close());
  return app;
}
