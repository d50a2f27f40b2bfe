import { expect } from 'chai';
import { routeTo } from '../../../src/receivers/transport/proxy-choice.js';

const PROXY = 'http://proxy.example:3128';
const chosen = (address: string, env: NodeJS.ProcessEnv) =>
  routeTo(new URL(address), env).proxy?.address;

describe('routeTo', () => {
  it('reads HTTPS_PROXY in either case, then ALL_PROXY', () => {
    const address = 'https://host.example/';
    expect(chosen(address, {})).to.equal(undefined);
    expect(chosen(address, { HTTPS_PROXY: PROXY })).to.equal(PROXY);
    expect(chosen(address, { https_proxy: 'proxy.example:3128' })).to.equal(PROXY);
    expect(chosen(address, { ALL_PROXY: PROXY, HTTPS_PROXY: ' ' })).to.equal(PROXY);
  });

  it('never proxies plain http', () => {
    expect(chosen('http://127.0.0.1/', { HTTPS_PROXY: PROXY, ALL_PROXY: PROXY })).to.equal(
      undefined,
    );
  });

  const exempt: [rule: string, address: string, direct: boolean][] = [
    ['*', 'https://host.example/', true],
    ['host.example', 'https://host.example/', true],
    ['host.example', 'https://sub.host.example/', true],
    ['.host.example', 'https://sub.host.example/', true],
    ['*.host.example', 'https://sub.host.example/', true],
    ['host.example', 'https://otherhost.example/', false],
    ['HOST.example', 'https://host.EXAMPLE/', true],
    ['host.example:443', 'https://host.example/', true],
    ['host.example:8443', 'https://host.example/', false],
    ['a.example, host.example', 'https://host.example/', true],
    ['::1', 'https://[::1]/', true],
    ['[::1]:8443', 'https://[::1]:8443/', true],
    ['10.0.0.1', 'https://10.0.0.1:8443/', true],
    [' , ', 'https://host.example/', false],
    ['10.0.0.0/8', 'https://10.1.2.3/', true],
    ['10.0.0.0/8', 'https://11.1.2.3/', false],
    ['192.168.1.0/24,10.0.0.0/8', 'https://10.1.2.3:8443/', true],
    ['192.168.1.128/25', 'https://192.168.1.127/', false],
    ['0.0.0.0/0', 'https://10.1.2.3/', true],
    ['0.0.0.0/0', 'https://host.example/', false],
    ['fd00::/8', 'https://[fd12::1]/', true],
    ['[fd00::]/8', 'https://[fd12::1]/', true],
    ['fd00::/8', 'https://[fe80::1]/', false],
    ['10.0.0.0/8', 'https://[::ffff:10.1.2.3]/', true],
    ['10.0.0.0/33', 'https://10.1.2.3/', false],
    ['10.0.0.0/', 'https://10.0.0.0/', false],
  ];
  for (const [rule, address, direct] of exempt)
    it(`NO_PROXY=${rule} ${direct ? 'exempts' : 'does not exempt'} ${address}`, () => {
      const proxy = chosen(address, { HTTPS_PROXY: PROXY, NO_PROXY: rule });
      expect(proxy).to.equal(direct ? undefined : PROXY);
    });
});
