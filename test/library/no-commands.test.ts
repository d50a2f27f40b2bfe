import { expect } from 'chai';
import { documentOf } from '../../src/dispatch/drain-report.js';
import { openRedrain, type Redrain } from '../../src/index.js';
import { closeAfterTest, temporaryHome } from '../support/temporary-home.js';
import { envelopes, writeConfig } from './given-redrain.js';

const EXTERNAL = '[sync]\nmode = "EXTERNAL_RECEIVER"\n';
const target = (name: string, lines: string): string =>
  `${EXTERNAL}target = "${name}"\n[sync.targets.${name}]\n${lines}\n`;
const SAAS = { SPEC_KITTY_ENABLE_SAAS_SYNC: '1', SPEC_KITTY_SAAS_URL: 'https://team.example' };
const SIGNED_IN = { ...SAAS, SPEC_KITTY_TOKEN: 'token', SPEC_KITTY_TEAM: 'team' };

/** Every state in which nothing can be sent, as far as this machine can tell. */
const BLOCKED: readonly (readonly [state: string, config: string, env?: NodeJS.ProcessEnv])[] = [
  ['nothing is configured', ''],
  ['LOCAL_RETENTION', '[sync]\nmode = "LOCAL_RETENTION"\n'],
  ['OPT_OUT', '[sync]\nmode = "OPT_OUT"\n'],
  [
    'a named target in LOCAL_RETENTION',
    '[sync]\nmode = "LOCAL_RETENTION"\n[sync.targets.a]\nurl = "stub:a"\n',
  ],
  ['no endpoint', EXTERNAL],
  [
    'an active target that is not declared',
    `${EXTERNAL}target = "gone"\n[sync.targets.a]\nurl = "stub:a"\n`,
  ],
  ['no active target', `${EXTERNAL}[sync.targets.a]\nurl = "stub:a"\n`],
  ['an endpoint that is no address', `${EXTERNAL}[sync.external]\nendpoint = "nowhere"\n`],
  ['a password in the address', `${EXTERNAL}[sync.external]\nendpoint = "https://u:p@h.example"\n`],
  ['a target that is wrong', target('a', 'url = "stub:a"\nformat = "soap"')],
  ['a variable that is not set', target('a', 'url = "https://a.example"\nauth_env = "NO_TOKEN"')],
  [
    'a key that would travel unencrypted',
    target('a', 'url = "http://a.example"\nauth_env = "T"'),
    { T: 't' },
  ],
  [
    'a body without its key',
    target(
      'a',
      `url = "https://a.example"\nformat = "json"\nbody = "{\\"k\\":\\"\${K}\\",\\"e\\":{{events}}}"`,
    ),
  ],
  ['a module that is not there', target('a', 'url = "module:./nowhere.mjs"')],
  ['config.toml that cannot be read', '[sync\n'],
  ['the Teamspace switched off', '[sync]\nserver_url = "https://team.example"\n'],
  ['no credentials', '', SAAS],
  ['no team', '', { ...SAAS, SPEC_KITTY_TOKEN: 'token' }],
  ['projects that are held', '', SIGNED_IN],
  [
    'two servers',
    '[sync]\nserver_url = "https://other.example"\n',
    { ...SIGNED_IN, SPEC_KITTY_SAAS_URL_MODE: 'setup_only' },
  ],
];

/** What a program is told by everything that it can ask for. */
async function toldBy(redrain: Redrain): Promise<string[]> {
  const heard: string[] = [];
  const onWarning = (line: string) => heard.push(line);
  const calls: readonly (() => Promise<unknown>)[] = [
    () => redrain.captureMany(envelopes(2)),
    () => redrain.captureMany([{ event_id: 'e0', other: 1 }, { event_id: 7.5 }, 'no JSON']),
    () => redrain.drain({ onWarning }),
    () => redrain.drain({ dryRun: true }),
    () => redrain.drain({ to: 'a', onWarning }),
    () => redrain.drain({ to: 'nobody', onWarning }),
    () => redrain.drain({ target: 99, onWarning }),
    () => redrain.drain({ all: true }),
    () => redrain.readiness(),
    () => redrain.preflight(),
    () => redrain.events({ target: 'nobody' }),
    () => redrain.retry({ events: ['nothing'] }),
    () => redrain.replay({ target: 'nobody' }),
    () => redrain.replay({ events: ['nothing'] }),
    () => redrain.diff('a', 'nobody'),
    () => redrain.projects(),
    () => redrain.mode(),
    () => redrain.enqueue('dispatch', { target: 'nobody' }),
    () => redrain.targets.list(),
    () => redrain.targets.use('nobody'),
    () => redrain.targets.set('nobody', { ack: 'status' }),
    () => redrain.targets.add('x', { url: 'nowhere' }),
    () => redrain.targets.add('X!', { url: 'stub:x' }),
    () => redrain.drain({ to: 'a', onWarning }),
    () => redrain.targets.test('a'),
  ];
  for (const call of calls) heard.push(...textsOf(await call().catch((error: unknown) => error)));
  return heard;
}

/** Messages, reasons and problems, wherever they are; what to type has fields of its own. */
function textsOf(value: unknown): string[] {
  if (value instanceof Error) return [value.message];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) =>
    typeof one === 'string' ? (TEXTS.has(key) ? [one] : []) : textsOf(one),
  );
}

const TEXTS = new Set(['message', 'reason', 'problem', 'error', 'fault', 'blockedMessage']);

describe('a message of the library', () => {
  for (const [state, config, env = {}] of BLOCKED)
    it(`names no command: ${state}`, async () => {
      const home = temporaryHome();
      writeConfig(home, config);
      const redrain = await openRedrain({ home, env });
      closeAfterTest(() => redrain.close());
      const heard = await toldBy(redrain);
      expect(heard.length).to.be.above(5);
      for (const text of heard) expect(text, text).to.not.match(/`|redrain [a-z]/);
    });
});

/** What is to be typed where a command helps; nothing of it may get lost on the way out. */
const ADVICE: readonly (readonly [
  state: string,
  advice: string,
  config: string,
  env?: NodeJS.ProcessEnv,
])[] = [
  [
    'a mode that sends nothing',
    'Run `redrain targets add NAME URL` and `redrain use NAME` to deliver them.',
    '[sync]\nmode = "LOCAL_RETENTION"\n',
  ],
  ['no active target', 'Run `redrain use NAME`.', `${EXTERNAL}[sync.targets.a]\nurl = "stub:a"\n`],
  [
    'the Teamspace switched off',
    'To send them: export SPEC_KITTY_ENABLE_SAAS_SYNC=1, then run `redrain now`.',
    '[sync]\nserver_url = "https://team.example"\n',
  ],
  ['no credentials', 'Run `redrain login https://team.example`.', '', SAAS],
  [
    'no team',
    'Run `redrain login https://team.example` again, or set SPEC_KITTY_TEAM beside SPEC_KITTY_TOKEN.',
    '',
    { ...SAAS, SPEC_KITTY_TOKEN: 'token' },
  ],
];

describe('the advice of a drain that sends nothing', () => {
  for (const [state, advice, config, env = {}] of ADVICE)
    it(`stands beside the message, and behind it for people: ${state}`, async () => {
      const home = temporaryHome();
      writeConfig(home, config);
      const redrain = await openRedrain({ home, env });
      closeAfterTest(() => redrain.close());
      const report = await redrain.drain();
      expect(report.advice).to.equal(advice);
      const preview = await redrain.drain({ dryRun: true });
      expect(preview.advice).to.equal(advice);
      const { message } = documentOf(report);
      expect(message).to.equal(`${report.message} ${advice}`);
    });
});
