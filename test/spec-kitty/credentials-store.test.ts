import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Secret } from '../../src/config/secret.js';
import {
  assertStoreUsable,
  CredentialStoreError,
  forgetLogin,
  keepLogin,
  type NewLogin,
} from '../../src/spec-kitty/credentials/store.js';
import { failCalls } from '../support/disk-watch.js';
import { temporaryHome } from '../support/temporary-home.js';

const A = 'https://a.example';
const B = 'https://b.example';

const aLogin = (origin: string, more: Partial<NewLogin> = {}): NewLogin => ({
  origin,
  access: new Secret('access'),
  refresh: new Secret('refresh'),
  expiresAt: Date.UTC(2026, 6, 1),
  refreshExpiresAt: Date.UTC(2026, 6, 8),
  username: 'ada',
  teamSlug: 'blue',
  ...more,
});

const store = (text?: string): { path: string; text: () => string } => {
  const path = join(temporaryHome(), 'redrain', 'credentials.toml');
  const given = join(temporaryHome(), 'credentials.toml');
  if (text === undefined) return { path, text: () => readFileSync(path, 'utf8') };
  writeFileSync(given, text, { mode: 0o600 });
  return { path: given, text: () => readFileSync(given, 'utf8') };
};

describe('the store of logins', () => {
  it('is made readable by its owner alone', async () => {
    const { path, text } = store();
    await keepLogin(path, aLogin(A));
    expect(text()).to.equal(
      `[servers."${A}"]\naccess = "access"\nrefresh = "refresh"\n` +
        'access_expires_at = "2026-07-01T00:00:00.000Z"\nrefresh_expires_at = "2026-07-08T00:00:00.000Z"\n' +
        'username = "ada"\nteam_slug = "blue"\n',
    );
    expect(statSync(path).mode & 0o777).to.equal(0o600);
    expect(statSync(join(path, '..')).mode & 0o777).to.equal(0o700);
  });

  it('is closed to others before it gets a secret', async () => {
    const { path } = store('');
    chmodSync(path, 0o664);
    await keepLogin(path, aLogin(A));
    expect(statSync(path).mode & 0o777).to.equal(0o600);
  });

  it('is made again where it belongs to somebody else, whose mode is not ours to change', async () => {
    const { path, text } = store('# mine\n');
    chmodSync(path, 0o664);
    failCalls(['chmodSync'], 'EPERM');
    await keepLogin(path, aLogin(A));
    expect(text()).to.match(/^# mine\n(.|\n)*access/);
    expect(statSync(path).mode & 0o777).to.equal(0o600);
  });

  it('keeps one login for each server, and everything of the others', async () => {
    const { path, text } = store();
    await keepLogin(path, aLogin(A, { username: 'earlier' }));
    await keepLogin(path, aLogin(B, { access: new Secret('of-b') }));
    const ofB = text().slice(text().indexOf(`[servers."${B}"]`));
    writeFileSync(path, `# by hand\n${text()}`);
    const later = { access: new Secret('later'), refresh: null, refreshExpiresAt: null };
    await keepLogin(path, aLogin(A, { ...later, username: null }));
    expect(text()).to.contain(ofB.trim()).and.contain('# by hand').and.contain('"later"');
    expect(text()).to.not.match(/earlier|"access"\n.*"access"\n/);
    expect(text().match(/a\.example/g)).to.have.length(1);
  });

  it('replaces every spelling of a server', async () => {
    const { path, text } = store(
      `[servers."${A}:443/kitty"]\naccess = "one"\nprivate_teamspace = false\n[servers."HTTPS://A.example/"]\naccess = "two"\n`,
    );
    await keepLogin(path, aLogin(A));
    expect(text()).to.not.match(/one|two|private_teamspace|kitty/);
    expect(await forgetLogin(path, A)).to.equal(true);
    expect(text().trim()).to.equal('');
  });

  it('forgets one login and keeps the others', async () => {
    const { path, text } = store();
    await keepLogin(path, aLogin(A));
    await keepLogin(path, aLogin(B));
    expect(await forgetLogin(path, A)).to.equal(true);
    expect(await forgetLogin(path, A)).to.equal(false);
    expect(text()).to.contain(B).and.not.contain(A);
  });

  it('is not made in order to forget something', async () => {
    const { path } = store();
    expect(await forgetLogin(path, A)).to.equal(false);
    expect(existsSync(join(path, '..'))).to.equal(false);
  });

  it('that is broken is named, and neither changed nor quoted', async () => {
    const broken = '[servers\naccess = "hidden"\n';
    const { path, text } = store(broken);
    expect(() => assertStoreUsable(path)).to.throw(CredentialStoreError, /line 1/);
    for (const attempt of [() => keepLogin(path, aLogin(A)), () => forgetLogin(path, A)]) {
      const error = await attempt().catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(CredentialStoreError);
      expect(String(error)).to.contain(path).and.not.contain('hidden');
    }
    expect(text()).to.equal(broken);
  });

  it('that is a directory is named before anybody types a password', () => {
    const path = temporaryHome();
    expect(() => assertStoreUsable(path)).to.throw(CredentialStoreError, /it is a directory/);
    expect(() => assertStoreUsable(join(path, 'none', 'file'))).not.to.throw();
  });
});
