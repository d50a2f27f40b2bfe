import { expect } from 'chai';
import { resetSignal } from '../../src/targets/reset-signal.js';

describe('the reset signal', () => {
  it('rises when the instance changed', () => {
    expect(resetSignal({ serverInstanceId: 'a' }, { serverInstanceId: 'b' })).to.deep.equal({
      field: 'server_instance_id',
      before: 'a',
      after: 'b',
    });
  });

  it('rises on environment or commit when there are no instance ids', () => {
    expect(
      resetSignal(
        { environmentName: 'pr-1', gitSha: '1' },
        { environmentName: 'pr-2', gitSha: '1' },
      ),
    ).to.include({ field: 'environment_name', after: 'pr-2' });
    expect(resetSignal({ gitSha: '1' }, { gitSha: '2' })).to.include({ field: 'git_sha' });
  });

  it('trusts an instance id that stayed, whatever else changed', () => {
    const before = { serverInstanceId: 'a', environmentName: 'x', gitSha: '1', deploymentId: 'd1' };
    const after = { serverInstanceId: 'a', environmentName: 'y', gitSha: '2', deploymentId: 'd2' };
    expect(resetSignal(before, after)).to.equal(undefined);
  });

  it('takes a new deployment for a redeploy', () => {
    expect(resetSignal({ deploymentId: 'a' }, { deploymentId: 'b' })).to.equal(undefined);
  });

  it('never rises on what is missing', () => {
    expect(resetSignal({}, { serverInstanceId: 'a', gitSha: '1' })).to.equal(undefined);
    expect(resetSignal({ serverInstanceId: 'a', gitSha: '1' }, { gitSha: '2' })).to.equal(
      undefined,
    );
    expect(resetSignal({ gitSha: '1' }, {})).to.equal(undefined);
    expect(resetSignal({ gitSha: '' }, { gitSha: '2' })).to.equal(undefined);
  });
});
