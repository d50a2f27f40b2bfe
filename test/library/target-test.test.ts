import { expect } from 'chai';
import { DeliveryOffError, openRedrain, TargetSettingError } from '../../src/index.js';
import { startReceiverOf } from '../catalogue/receiver.js';
import { closeAfterTest, temporaryHome } from '../support/temporary-home.js';
import { writeConfig } from './given-redrain.js';

async function opened(home = temporaryHome()) {
  const redrain = await openRedrain({ home, env: {} });
  closeAfterTest(() => redrain.close());
  return redrain;
}

describe('targets.test of the library', () => {
  it('returns findings as data, and delivers nothing of the journal', async () => {
    const redrain = await opened();
    await redrain.capture({ event_id: 'mine', event_type: 'T' });
    const { url, requests } = await startReceiverOf({
      receive: () => ({ status: 401, body: 'who are you?' }),
    });
    await redrain.targets.add('a', { url });
    const { works, findings, facts } = await redrain.targets.test('a');
    expect(works).to.equal(false);
    expect(findings.map(({ code, severity }) => [code, severity])).to.deep.equal([
      ['unauthorized', 'error'],
    ]);
    expect(facts.http_status).to.equal(401);
    expect(requests.some((request) => request.text().includes('mine'))).to.equal(false);
  });

  it('rejects by code: a mode that sends nothing, a setting that cannot be', async () => {
    const home = temporaryHome();
    writeConfig(home, '[redrain]\nmode = "LOCAL_RETENTION"\n');
    const redrain = await opened(home);
    await redrain.targets.add('a', { url: 'stub:a' });
    const off = await redrain.targets.test('a').catch((error: unknown) => error);
    expect(off).to.be.instanceOf(DeliveryOffError);
    const wrong = await redrain.targets.set('a', { maxEvents: 0 }).catch((error: unknown) => error);
    expect(wrong).to.be.instanceOf(TargetSettingError);
  });
});
