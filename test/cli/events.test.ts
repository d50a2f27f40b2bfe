import { expect } from 'chai';
import type { EventsReport } from '../../src/app/events.js';
import { captured, envelopes, sendTo } from '../processes/given-events.js';
import { sha256 } from '../processes/journal-rows.js';
import { Cli } from '../support/cli.js';

describe('redrain events', () => {
  it('lists the newest that match, and exports all of them with their bytes unchanged', async () => {
    const cli = new Cli();
    const lines = envelopes(60);
    await captured(cli, lines);
    sendTo(cli, 'stub:a');
    expect((await cli.run(['now', '--limit', '2'])).code).to.equal(0);

    const listed = (await cli.run(['events', '--json'])).json<EventsReport>();
    expect(listed).to.include({ target_id: 1, target_url: 'stub:a' });
    expect(listed.events).to.have.length(50);
    expect(listed.events[0]).to.include({ event_id: 'e-0060', state: 'unsent', class: 'live' });
    const text = (await cli.run(['events', '--state', 'delivered'])).stdout;
    expect(text).to.match(/e-0002.*delivered\n.*e-0001.*delivered/);

    const exported = await cli.run(['events', '--export']);
    expect(exported).to.include({ code: 0, stderr: '60 events exported\n' });
    expect(exported.stdout).to.equal(lines.map((line) => `${line}\n`).join(''));
    const some = await cli.run(['events', '--export', '--state', 'unsent', '--limit', '3']);
    expect(some.stdout).to.equal(
      lines
        .slice(2, 5)
        .map((line) => `${line}\n`)
        .join(''),
    );
  });

  it('exports in base64 what cannot be a line, and says so', async () => {
    const cli = new Cli();
    const pretty = '{\n  "event_id": "p",\r\n  "event_type": "T"\n}';
    const plain = '{"event_id":"q","event_type":"T"}';
    const files = [cli.file('one.json', [pretty]), cli.file('two.json', [plain])];
    expect((await cli.run(['capture', ...files])).code).to.equal(0);
    const run = await cli.run(['events', '--export']);
    const [first = '', second, end] = run.stdout.split('\n');
    const wrapped = JSON.parse(first) as Record<string, string>;
    const bytes = Buffer.from(wrapped.payload_base64 ?? '', 'base64');
    expect(wrapped).to.include({ event_id: 'p', event_type: 'T', sha256: sha256(bytes) });
    expect(bytes.toString()).to.equal(pretty);
    expect([second, end]).to.deep.equal([plain, '']);
    expect(run.stderr).to.match(/2 events exported[\s\S]*1 event in base64/);
  });

  it('says what is wrong with a time, a state or a target', async () => {
    const cli = new Cli();
    await captured(cli, envelopes(1));
    const refusals: [string, RegExp][] = [
      [
        'events --since tomorrow',
        /cannot read --since "tomorrow"; use 2h, 3d, yesterday, 2026-11-22/,
      ],
      ['events --until 2026-99-99', /cannot read --until "2026-99-99"/],
      ['events --state gone', /--state.*Allowed choices/],
      ['events --target 9', /no target 9.*redrain targets/],
      ['events --target nonsense', /no target nonsense/],
      ['retry', /event ids.*--all/],
      ['replay', /name what to replay/],
      ['replay --target 9', /no target 9/],
      ['retry --event nobody', /no event nobody/],
      ['diff 1', /missing required argument 'B'/],
      ['diff 1 2', /no target 1/],
      ['targets ack 9', /no target 9/],
      ['targets label 1', /missing required argument 'text'/],
    ];
    for (const [args, says] of refusals) {
      const run = await cli.run(args.split(' '));
      expect(run.code, `${args}: ${run.stderr}`).to.equal(64);
      expect(run.stderr.replaceAll('\n', ' '), args).to.match(says);
      expect(run.stdout, args).to.equal('');
    }
  });
});
