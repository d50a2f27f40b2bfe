import { expect } from 'chai';
import { App } from '../../src/app/app.js';
import type { Wait } from '../../src/base/wait.js';
import { onEachChange } from '../../src/cli/watching.js';
import { givenRedrain } from '../library/given-redrain.js';

describe('a command that watches the home', () => {
  it('looks ten times a second, and again only after a change or when what it shows is old', async () => {
    const { redrain, home } = await givenRedrain();
    await redrain.capture({ event_id: 'first', event_type: 'T' });
    let now = 0;
    const looks: number[] = [];
    const pauses: number[] = [];
    const end = new AbortController();
    const wait: Wait = async (ms) => {
      pauses.push(ms);
      now += ms;
      if (now === 300) await redrain.capture({ event_id: 'second', event_type: 'T' });
      if (now >= 1_000) end.abort();
    };
    await onEachChange(
      new App({ home, env: {} }),
      { signal: end.signal, refreshMs: 500, wait, uptime: () => now },
      async () => looks.push(now) > 0,
    );
    expect(looks).to.deep.equal([0, 300, 800]);
    expect(new Set(pauses)).to.deep.equal(new Set([100]));
  });

  it('looks for a sixth of the time at most, however long a look takes', async () => {
    const { home } = await givenRedrain();
    let now = 0;
    let looks = 0;
    const pauses: number[] = [];
    await onEachChange(
      new App({ home, env: {} }),
      {
        signal: new AbortController().signal,
        isAsked: () => true,
        wait: async (ms) => void pauses.push(ms),
        uptime: () => now,
      },
      async () => {
        now += 60;
        looks += 1;
        return looks < 3;
      },
    );
    expect(pauses).to.deep.equal([300, 300]);
  });
});
