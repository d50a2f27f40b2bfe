import { expect } from 'chai';
import { type Core, openCore, rows, targetDescription } from '../support/core.js';

describe('the rows of deployments', () => {
  let core: Core;
  beforeEach(async () => {
    core = await openCore();
    await core.targets.ensure(targetDescription('a'), 1);
  });

  it('are one for what a server tells again', async () => {
    for (const metadata of [
      { serverInstanceId: 'one', gitSha: 'abc' },
      { serverInstanceId: 'one', gitSha: 'abc' },
      {},
      { gitSha: 'abc' },
    ])
      await core.targets.noteDeployment(1, metadata, 1_000);
    expect(rows(core, 'SELECT * FROM deployment')).to.have.length(1);
  });

  it('are none for a target nobody knows', async () => {
    await core.targets.noteDeployment(99, { gitSha: 'abc' }, 1);
    expect(rows(core, 'SELECT * FROM deployment')).to.deep.equal([]);
  });
});
