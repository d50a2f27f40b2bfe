import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { activeScopeStatus } from '../../src/spec-kitty/active-scope.js';
import { temporaryHome } from '../support/temporary-home.js';

const SCOPE = 'https://x|é@example|t';

function statusOf(content: string | Buffer): string {
  const marker = join(temporaryHome(), 'active_queue_scope');
  writeFileSync(marker, content);
  return activeScopeStatus(marker, SCOPE);
}

describe('the marker of the active scope', () => {
  it('matches, also with blanks around it', () => {
    expect(statusOf(SCOPE)).to.equal('matches');
    expect(statusOf(`\x1f ${SCOPE}\n`)).to.equal('matches');
  });

  it('is stale when it says anything else', () => {
    expect(statusOf('https://y|u|t')).to.equal('stale_non_authoritative');
    expect(statusOf(SCOPE.toUpperCase())).to.equal('stale_non_authoritative');
  });

  const corrupt: [name: string, content: string | Buffer][] = [
    ['empty', ''],
    ['blank', ' \n\t'],
    ['no UTF-8', Buffer.from([0x68, 0xff, 0xfe])],
    ['holding NUL', `${SCOPE}\0`],
    ['too long', 'x'.repeat(4097)],
  ];
  for (const [name, content] of corrupt) {
    it(`is absent when ${name}`, () => expect(statusOf(content)).to.equal('absent'));
  }

  it('may be just as long as the limit', () => {
    expect(statusOf('x'.repeat(4096))).to.equal('stale_non_authoritative');
  });

  it('is absent when missing, a directory, or a link to nowhere', () => {
    const home = temporaryHome();
    mkdirSync(join(home, 'directory'));
    symlinkSync(join(home, 'nowhere'), join(home, 'link'));
    for (const name of ['missing', 'directory', 'link']) {
      expect(activeScopeStatus(join(home, name), SCOPE)).to.equal('absent');
    }
  });
});
