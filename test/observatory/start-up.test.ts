import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { Cli } from '../support/cli.js';
import { TICK_MS, workedMs } from './process-numbers.js';

describe('redrain open', () => {
  it('has its link with less than a second of work, and pages with little more', async function () {
    if (!existsSync('/proc/self/stat')) this.skip();
    const cli = new Cli();
    await cli.run(['capture'], { stdin: '{"event_id":"a","event_type":"T"}' });
    const open = cli.start(['open', '--no-browser', '--json']);
    await open.until(({ stdout }) => stdout.endsWith('\n'));
    const { url, pid } = JSON.parse(open.stdout) as { url: string; pid: number };
    const atLink = workedMs(pid);
    expect(atLink).to.be.within(TICK_MS, 999);
    const { headers } = await fetch(url, { redirect: 'manual' });
    const cookie = headers.getSetCookie()[0]?.split(';', 1)[0] ?? '';
    const home = await fetch(new URL(headers.get('location') ?? '', url), { headers: { cookie } });
    expect(await home.text()).to.contain('</html>');
    expect(workedMs(pid), 'the first page too').to.be.below(1_500);
    open.kill('SIGINT');
    expect((await open.exited).code).to.equal(0);
  });
});
