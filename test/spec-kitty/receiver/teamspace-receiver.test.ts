import { expect } from 'chai';
import { Secret } from '../../../src/config/secret.js';
import type { ClosedGate, OutboundEvent } from '../../../src/dispatch/ports.js';
import type { TeamspaceReceiverSettings } from '../../../src/spec-kitty/receiver/settings.js';
import { TeamspaceReceiver } from '../../../src/spec-kitty/receiver/teamspace-receiver.js';
import { anEvent, eventsFor, never } from '../../receivers/events.js';
import {
  type Script,
  type ScriptedServer,
  scriptedServer,
} from '../../receivers/scripted-server.js';
import { expectHidden } from '../../receivers/secrecy.js';

const MARKER = 'marker-token-0123456789';
const NEXT = 'marker-renewed-0123456789';

const accepts: Script = ({ eventIds }) => ({
  status: 200,
  body: JSON.stringify({ results: eventIds.map((id) => ({ event_id: id, status: 'success' })) }),
});

describe('TeamspaceReceiver', () => {
  let server: ScriptedServer | undefined;
  let receiver: TeamspaceReceiver | undefined;

  afterEach(async () => {
    await receiver?.close();
    await server?.close();
  });

  async function at(script: Script, given: Partial<TeamspaceReceiverSettings> = {}) {
    await receiver?.close();
    await server?.close();
    server = await scriptedServer(script);
    receiver = aReceiver(server.url, given);
    return receiver;
  }

  it('sends the token and the team along', async () => {
    const target = await at(accepts, { teamSlug: 'blue' });
    await target.deliver(eventsFor(['a']), never());
    expect(server?.seen[0]?.path).to.equal('/api/v1/events/batch/');
    expect(server?.seen[0]?.headers).to.include({
      authorization: `Bearer ${MARKER}`,
      'x-team-slug': 'blue',
      'content-encoding': 'gzip',
      'user-agent': 'redrain/1.2.3',
    });
  });

  it('names no team that is not known, and encodes one that is not ASCII', async () => {
    const target = await at(accepts);
    await target.deliver(eventsFor(['a']), never());
    expect(server?.seen[0]?.headers).to.not.have.property('x-team-slug');
    await (await at(accepts, { teamSlug: 'bläu' })).deliver(eventsFor(['a']), never());
    expect(server?.seen[0]?.headers).to.have.property('x-team-slug', 'bl%C3%A4u');
  });

  describe('a 401', () => {
    const once: Script = (request) =>
      request.headers.authorization === `Bearer ${NEXT}` ? accepts(request) : { status: 401 };

    it('renews the token once and posts once more', async () => {
      let renewals = 0;
      const onUnauthorized = async () => {
        renewals += 1;
        return new Secret(NEXT);
      };
      const report = await (await at(once, { onUnauthorized })).deliver(eventsFor(['a']), never());
      expect(report.outcomes[0]?.kind).to.equal('success');
      expect([renewals, server?.seen.length]).to.deep.equal([1, 2]);
      expect(report.bytesSent).to.equal(2 * Number(server?.seen[0]?.headers['content-length']));
    });

    it('posts once more only what may still leave, and blames no token for it', async () => {
      const onUnauthorized = async () => new Secret(NEXT);
      const target = await at(once, { onUnauthorized });
      const report = await target.deliver(eventsFor(['a']), never(), async () => false);
      expect(server?.seen).to.have.length(1);
      expect(report.outcomes[0]?.kind).to.equal('transient');
      expect(report).to.not.have.property('blocked');
      expect(report.stop).to.match(/^the token was renewed, but/);
      const again = await target.deliver(eventsFor(['a']), never(), async () => true);
      expect(again.outcomes[0]?.kind).to.equal('success');
    });

    it('stands when the renewed token is refused too', async () => {
      const onUnauthorized = async () => new Secret(NEXT);
      const target = await at(() => ({ status: 401 }), { onUnauthorized });
      const report = await target.deliver(eventsFor(['a']), never());
      expect(report).to.include({ httpStatus: 401, blocked: 'missing_auth' });
      expect(report.outcomes[0]?.kind).to.equal('transient');
      expect(server?.seen).to.have.length(2);
    });

    it('stands when nothing can be renewed', async () => {
      const hooks = [undefined, async () => undefined, () => Promise.reject(new Error('offline'))];
      for (const onUnauthorized of hooks) {
        const target = await at(() => ({ status: 401 }), onUnauthorized && { onUnauthorized });
        const report = await target.deliver(eventsFor(['a']), never());
        expect(report).to.include({ httpStatus: 401, blocked: 'missing_auth' });
        expect(server?.seen).to.have.length(1);
      }
    });
  });

  it('posts nothing without a usable token, and says why', async () => {
    const providers: [() => Promise<Secret | undefined>, RegExp][] = [
      [async () => undefined, /redrain login/],
      [async () => new Secret('  '), /redrain login/],
      [async () => new Secret('a\nb'), /HTTP does not allow/],
      [() => Promise.reject(new Error('the refresh was refused')), /the refresh was refused/],
    ];
    const target = await at(accepts);
    await target.close();
    for (const [token, words] of providers) {
      receiver = aReceiver(server!.url, { token });
      const report = await receiver.deliver(eventsFor(['a']), never());
      expect(report).to.include({ httpStatus: null, blocked: 'missing_auth', bytesSent: 0 });
      expect(report.error).to.match(words);
    }
    expect(server?.connections()).to.equal(0);
  });

  it('shows no token that a server echoes, old or renewed', async () => {
    const echo: Script = ({ headers }) => {
      const said = `${headers.authorization}`;
      return { status: 401, body: JSON.stringify({ error: said, detail: said }) };
    };
    const target = await at(echo, { onUnauthorized: async () => new Secret(NEXT) });
    const report = await target.deliver(eventsFor(['a']), never());
    expect(report.error).to.include('[secret]');
    for (const marker of [MARKER, NEXT]) {
      expectHidden(report, marker);
      expectHidden(target, marker);
    }
  });

  describe('on the wire', () => {
    async function sent(event: Partial<OutboundEvent>, teamSlug?: string): Promise<string> {
      const target = await at(accepts, teamSlug === undefined ? {} : { teamSlug });
      await target.deliver([anEvent('a', event)], never());
      return server?.seen[0]?.body.toString().slice('{"events":['.length, -2) ?? '';
    }

    it('leaves the local reason out and fills in an empty team, stored bytes untouched', async () => {
      const text =
        '{"event_id": "a", "team_slug": null, "n": 1.0, "drain_blocked_reason": "no_team"}';
      const bytes = Buffer.from(text);
      expect(await sent({ bytes }, 'blue')).to.equal(
        '{"event_id": "a", "team_slug": "blue", "n": 1.0}',
      );
      expect(bytes.toString()).to.equal(text);
    });

    const unchanged: [name: string, text: string, team?: string][] = [
      ['a team that is given', '{"event_id":"a","team_slug":"red"}', 'blue'],
      ['an absent team', '{"event_id":"a"}', 'blue'],
      ['an empty team while none is known', '{"event_id":"a","team_slug":""}'],
      [
        'the same words further down',
        '{"event_id":"a","p":{"team_slug":null,"drain_blocked_reason":1}}',
        'blue',
      ],
      [
        'the same words in a text',
        '{"event_id":"a","t":"drain_blocked_reason \\"team_slug\\":null"}',
        'blue',
      ],
    ];
    for (const [name, text, team] of unchanged)
      it(`leaves ${name} alone`, async () => {
        expect(await sent({ bytes: Buffer.from(text) }, team)).to.equal(text);
      });

    it('finds the members however they are spelled', async () => {
      const text = '{"event_id":"a","team\\u005fslug":"","\\u0064rain_blocked_reason":null}';
      expect(await sent({ bytes: Buffer.from(text) }, 'blue')).to.equal(
        '{"event_id":"a","team\\u005fslug":"blue"}',
      );
    });

    it('leaves what travels in an envelope alone', async () => {
      const bytes = Buffer.from('{"team_slug":null,"drain_blocked_reason":null}');
      expect(await sent({ bytes, carriesOwnId: false }, 'blue')).to.include(`"payload":${bytes}}`);
    });

    it('never takes more room than it says', async () => {
      for (const empty of ['null', '""']) {
        const bytes = Buffer.from(`{"event_id":"a","team_slug":${empty}}`);
        const onWire = await sent({ bytes }, 'a-team-with-a-long-slug');
        const bound = receiver!.wireSize({ ...anEvent('a'), size: bytes.length });
        expect(Buffer.byteLength(onWire) + 1).to.be.at.most(bound);
      }
    });
  });

  describe('gates', () => {
    const given = (reason: ClosedGate['reason']): ClosedGate => ({ reason, message: 'given' });

    it('are those it is given', async () => {
      const gate = given('missing_team');
      expect(
        await aReceiver('https://s.example', { gate: async () => gate }).closedGate(),
      ).to.equal(gate);
      expect(await aReceiver('https://s.example').closedGate()).to.equal(undefined);
    });

    it('close before a token would travel unencrypted, and no socket is opened', async () => {
      const target = aReceiver('http://192.0.2.1:9');
      const gate = await target.closedGate();
      expect(gate?.reason).to.equal('missing_auth');
      expect(gate?.message).to.match(/unencrypted/);
      expect(gate?.advice).to.match(/redrain server/);
      const report = await target.deliver(eventsFor(['a']), never());
      expect(report).to.include({ httpStatus: null, blocked: 'missing_auth', bytesSent: 0 });
      expect(await target.greet(never())).to.deep.equal({});
    });

    it('are named in the order of docs/spec-kitty.md', async () => {
      const named = async (reason: ClosedGate['reason']) =>
        (await aReceiver('http://192.0.2.1:9', { gate: async () => given(reason) }).closedGate())
          ?.message;
      expect(await named('saas_disabled')).to.equal('given');
      expect(await named('missing_team')).to.match(/unencrypted/);
    });

    it('close for a CA file that cannot be used', async () => {
      const transport = { env: {}, caFile: 'nowhere.pem' };
      const gate = await aReceiver('https://s.example', { transport }).closedGate();
      expect(gate?.reason).to.equal('config_unreadable');
    });
  });

  describe('greet', () => {
    const health =
      (body: unknown, status = 200): Script =>
      () => ({
        status,
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
    const limits = (max_events_per_batch: unknown, max_decompressed_bytes_per_batch: unknown) => ({
      sync_ingress: { limits: { max_events_per_batch, max_decompressed_bytes_per_batch } },
    });
    const greeting = async (script: Script) => (await at(script)).greet(never());

    it('asks once, with token and team, and takes nine tenths of what is offered', async () => {
      const target = await at(health(limits(500, 100_000)), { teamSlug: 'blue' });
      expect(await target.greet(never())).to.deep.equal({
        limits: { maxEvents: 450, maxBytes: 90_000 - 12 },
      });
      expect(server?.seen).to.have.length(1);
      expect(server?.seen[0]).to.include({ method: 'GET', path: '/api/v1/sync/health/' });
      expect(server?.seen[0]?.headers).to.include({
        authorization: `Bearer ${MARKER}`,
        'x-team-slug': 'blue',
      });
    });

    it('keeps its own limit beside one that is offered', async () => {
      expect(await greeting(health(limits(10, undefined)))).to.deep.equal({
        limits: { maxEvents: 9, maxBytes: 512 * 1024 - 12 },
      });
    });

    it('never ends up with less than one event, nor with what no batch should have', async () => {
      expect((await greeting(health(limits(1, 1e15)))).limits).to.deep.equal({
        maxEvents: 1,
        maxBytes: 16 * 1024 * 1024 - 12,
      });
    });

    for (const odd of [0, -1, 0.5, '500', null, true, [], {}])
      it(`ignores a limit of ${JSON.stringify(odd)}`, async () => {
        expect(await greeting(health(limits(odd, odd)))).to.deep.equal({});
      });

    it('passes metadata on, where it is text', async () => {
      const document = {
        server_instance_id: 'i-1',
        deployment_id: 7,
        environment_name: ' preview ',
        git_sha: `${MARKER}`,
      };
      expect(await greeting(health(document))).to.deep.equal({
        metadata: { serverInstanceId: 'i-1', environmentName: 'preview', gitSha: '[secret]' },
      });
    });

    it('closes the gate on evidence, never by its absence', async () => {
      expect((await greeting(health({ private_teamspace: false }))).closed?.reason).to.equal(
        'private_teamspace_gate',
      );
      for (const value of [true, null, 'false', 0, undefined])
        expect(await greeting(health({ private_teamspace: value }))).to.deep.equal({});
    });

    it('is silent about everything that is no such document', async () => {
      const documents: Script[] = [
        health('', 404),
        health({ private_teamspace: false }, 500),
        health({ private_teamspace: false }, 201),
        health({ private_teamspace: false }, 302),
        health('<html>'),
        health('[]'),
        health('{"private_teamspace":false'),
        health({ sync_ingress: { limits: [] } }),
        health({ sync_ingress: 1 }),
        () => (socket) => socket.destroy(),
      ];
      for (const script of documents) expect(await greeting(script)).to.deep.equal({});
    });

    it('is silent when its caller gives up waiting', async () => {
      const caller = new AbortController();
      const target = await at(() => {
        caller.abort();
        return () => {};
      });
      expect(await target.greet(caller.signal)).to.deep.equal({});
    });

    it('keeps the token from a health document elsewhere', async () => {
      const elsewhere = await scriptedServer(health({}));
      const target = await at(accepts, { healthUrl: `${elsewhere.url}/health` });
      await target.greet(never());
      expect(elsewhere.seen[0]?.headers).to.not.have.property('authorization');
      await elsewhere.close();
    });
  });
});

function aReceiver(url: string, given: Partial<TeamspaceReceiverSettings> = {}): TeamspaceReceiver {
  return new TeamspaceReceiver({
    batchUrl: `${url}/api/v1/events/batch/`,
    healthUrl: `${url}/api/v1/sync/health/`,
    token: async () => new Secret(MARKER),
    gate: async () => undefined,
    version: '1.2.3',
    transport: { env: {}, deadlineMs: 5_000 },
    ...given,
  });
}
