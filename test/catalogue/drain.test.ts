import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { openRedrain } from '../../src/index.js';
import { strangeIn } from '../documents/published-protocol.js';
import { writeConfig } from '../library/given-redrain.js';
import { closeAfterTest, temporaryHome } from '../support/temporary-home.js';
import { CATALOGUE, eventsFor, statesOf } from './catalogue.js';
import { FRAMEWORK_NAMES, ROUTES, startFramework } from './frameworks.js';
import { SECRET } from './plain-receivers.js';
import {
  type CatalogueReceiver,
  type Settings,
  startDistantReceiverOf,
  startReceiverOf,
} from './receiver.js';

/** Where docs/openapi.yaml has each format. */
const PATHS = {
  batch: '/batch',
  webhook: '/webhook',
  cloudevents: '/cloudevents',
  lines: '/lines',
} as const;

/** `config.toml` of a home whose active target is `x`. */
function configOf(url: string, settings: Settings, caFile?: string): string {
  const { signed, ...keys } = settings;
  const lines = Object.entries(keys).map(([key, value]) => `${key} = "${value}"`);
  return [
    '[sync]',
    'mode = "EXTERNAL_RECEIVER"',
    'target = "x"',
    ...(caFile === undefined ? [] : ['[sync.http]', `ca_file = "${caFile}"`]),
    '[sync.targets.x]',
    `url = "${url}"`,
    'projects = "all"',
    ...(signed === true ? ['secret_env = "HOOK_SECRET"'] : []),
    ...lines,
    '',
  ].join('\n');
}

/** What one `now` makes of these payloads at this address: the state of each, in order. */
async function drained(
  payloads: readonly string[],
  config: string,
  env: Readonly<Record<string, string>> = {},
  home = temporaryHome(),
): Promise<string[]> {
  writeConfig(home, config);
  const redrain = await openRedrain({ home, env: { HOOK_SECRET: SECRET, ...env } });
  closeAfterTest(() => redrain.close());
  await redrain.captureMany(payloads);
  await redrain.drain();
  const { events } = await redrain.events({ target: 'x', limit: 1_000 });
  return events.map(({ state }) => state as string).reverse();
}

async function drainedTo(receiver: CatalogueReceiver) {
  const { settings } = receiver;
  const payloads = eventsFor(receiver);
  if (receiver.distant !== true) {
    const running = await startReceiverOf(receiver);
    return { running, states: await drained(payloads, configOf(running.url, settings)) };
  }
  const running = await startDistantReceiverOf(receiver);
  const home = temporaryHome();
  const caFile = join(home, 'ca.pem');
  writeFileSync(caFile, running.ca);
  const config = configOf(running.url, settings, caFile);
  return { running, states: await drained(payloads, config, running.env, home) };
}

describe('a drain to each receiver of the catalogue', () => {
  for (const receiver of CATALOGUE)
    it(`${receiver.name}: ${String(receiver.verdict)}`, async () => {
      const { running, states } = await drainedTo(receiver);
      expect(states).to.deep.equal(statesOf(receiver));
      for (const { headers, text } of running.requests)
        expect(strangeIn(PATHS[receiver.settings.format], headers, text())).to.deep.equal([]);
      const taken = new Set(running.stored.ids);
      expect(running.stored.ids, 'each once').to.have.lengthOf(taken.size);
      if (receiver.finding === undefined && receiver.verdict === 'delivered')
        expect([...taken]).to.have.members(
          eventsFor(receiver).map((text) => (JSON.parse(text) as { event_id: string }).event_id),
        );
    });
});

describe('a drain to frameworks with their defaults', () => {
  const payloads = [0, 1, 2].map((index) =>
    JSON.stringify({ event_id: `Order-${index}`, event_type: 'OrderPlaced', index }),
  );
  for (const name of FRAMEWORK_NAMES)
    for (const [path, settings] of ROUTES)
      it(`${name}${path}: delivers, the first time`, async () => {
        const { url, stored } = await startFramework(name);
        const states = await drained(payloads, configOf(`${url}${path}`, settings));
        expect(states).to.deep.equal(['delivered', 'delivered', 'delivered']);
        expect(stored.ids).to.have.members(['Order-0', 'Order-1', 'Order-2']);
      });
});

describe('a replay', () => {
  const plain = ['per-event results', 'webhook', 'cloudevents, structured', 'cloudevents, binary']
    .concat('cloudevents, batch', 'lines')
    .map((name) => CATALOGUE.find((receiver) => receiver.name === name) as CatalogueReceiver);

  for (const receiver of plain)
    it(`says so in every request: ${receiver.name}`, async () => {
      const { settings } = receiver;
      const { url, requests } = await startReceiverOf(receiver);
      const home = temporaryHome();
      await drained(eventsFor(receiver), configOf(url, settings), {}, home);
      const redrain = await openRedrain({ home, env: {} });
      closeAfterTest(() => redrain.close());
      for (const generation of [2, 3]) {
        const before = requests.length;
        await redrain.replay({ target: 'x' });
        await redrain.drain();
        const replayed = requests.slice(before);
        expect(replayed.length).to.be.greaterThan(0);
        for (const { headers, text } of replayed) {
          expect(headers['redrain-generation']).to.equal(String(generation));
          expect(strangeIn(PATHS[settings.format], headers, text())).to.deep.equal([]);
        }
      }
    });
});
