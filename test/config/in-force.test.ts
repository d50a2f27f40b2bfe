import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ConfigUnreadableError, readConfigDocument } from '../../src/config/document.js';
import { type ConfigRow, configInForce } from '../../src/config/in-force.js';
import { CONFIG_KEYS } from '../../src/config/keys.js';
import { temporaryHome } from '../support/temporary-home.js';

async function rows(
  content?: string,
  env: NodeJS.ProcessEnv = {},
  usesSpecKitty = true,
): Promise<Map<string, ConfigRow>> {
  const path = join(temporaryHome(), 'config.toml');
  if (content !== undefined) writeFileSync(path, content);
  const document = await readConfigDocument(path);
  return new Map(configInForce(document, env, { usesSpecKitty }).map((row) => [row.key, row]));
}

describe('the configuration in force', () => {
  it('shows every key, with its default, on a fresh machine', async () => {
    const all = await rows();
    const fixed = CONFIG_KEYS.filter(({ key }) => !key?.includes('*'));
    expect([...all.keys()]).to.deep.equal(fixed.map(({ key, env }) => key ?? env));
    expect(all.get('sync.mode')).to.include({ value: 'TEAMSPACE', source: 'default' });
    expect(all.get('sync.external.endpoint')).to.include({ value: null, source: 'default' });
  });

  it('says where each value came from', async () => {
    const all = await rows(
      '[sync]\nserver_url = "https://a.example"\nmode = "OPT_OUT"\nmax_queue_size = 5\n',
      {
        SPEC_KITTY_SAAS_URL: 'https://b.example',
      },
    );
    expect(all.get('sync.server_url')).to.include({
      value: 'https://b.example',
      source: 'environment',
    });
    expect(all.get('sync.mode')).to.include({ value: 'OPT_OUT', source: 'file' });
    expect(all.get('sync.max_queue_size')).to.include({ value: '5', source: 'file' });
  });

  it('takes a blank variable for unset', async () => {
    const all = await rows('[sync]\nserver_url = "https://a.example"\n', {
      SPEC_KITTY_SAAS_URL: '  ',
    });
    expect(all.get('sync.server_url')).to.include({ value: 'https://a.example', source: 'file' });
  });

  it('shows the file where the variable is for setup only', async () => {
    const env = {
      SPEC_KITTY_SAAS_URL: 'https://b.example',
      SPEC_KITTY_SAAS_URL_MODE: 'setup_only',
    };
    const all = await rows('[sync]\nserver_url = "https://a.example"\n', env);
    expect(all.get('sync.server_url')).to.include({ value: 'https://a.example', source: 'file' });
    expect(all.get('SPEC_KITTY_SAAS_URL_MODE')).to.include({
      value: 'setup_only',
      source: 'environment',
    });
  });

  it('has one row for each of the operator’s own names', async () => {
    const all = await rows(
      '[sync.projects]\n"a b" = "allow"\n[sync.repo_defaults."x/y"]\nenabled = true\n[sync.coalesce]\nT = ["f", "g"]\n',
    );
    expect(all.get('sync.projects."a b"')).to.include({ value: 'allow', source: 'file' });
    expect(all.get('sync.repo_defaults."x/y".enabled')).to.include({ value: 'true' });
    expect(all.get('sync.coalesce.T')).to.include({ value: '["f","g"]' });
  });

  it('shows no secret', async () => {
    const all = await rows(
      '[sync]\nserver_url = "https://u:hidden@a.example"\nbig = 9223372036854775807\n',
      {
        SPEC_KITTY_TOKEN: 'hidden',
        HTTPS_PROXY: 'http://me:hidden@proxy.example:3128',
      },
    );
    expect(all.get('SPEC_KITTY_TOKEN')).to.include({ value: '[secret]', source: 'environment' });
    expect(all.get('HTTPS_PROXY')?.value).to.equal('http://proxy.example:3128');
    expect(JSON.stringify([...all.values()])).not.to.contain('hidden');
  });

  it('takes the lower-case spelling of a proxy first, as the posts do', async () => {
    const all = await rows(undefined, {
      https_proxy: 'http://lower.example:3128',
      HTTPS_PROXY: 'http://upper.example:3128',
      ALL_PROXY: 'http://me:hidden@all.example:3128',
      no_proxy: '',
      NO_PROXY: 'localhost',
    });
    expect(all.get('HTTPS_PROXY')?.value).to.equal('http://lower.example:3128');
    expect(all.get('ALL_PROXY')?.value).to.equal('http://all.example:3128');
    expect(all.get('NO_PROXY')).to.include({ value: 'localhost', source: 'environment' });
  });

  it('is not known while the file is unreadable', async () => {
    const path = join(temporaryHome(), 'config.toml');
    writeFileSync(path, '[sync');
    const document = await readConfigDocument(path);
    expect(() => configInForce(document, {}, { usesSpecKitty: true })).to.throw(
      ConfigUnreadableError,
    );
  });

  it('describes every key in a sentence', () => {
    for (const { doc, type, key, env } of CONFIG_KEYS) {
      expect(doc, key ?? env).to.match(/^[A-Z].*\.$/);
      expect(type).to.not.equal('');
    }
  });
});
