import { dirname, resolve } from 'node:path';
import type { HomePaths } from '../../config/home.js';
import type { TargetSettings } from '../../config/target-settings.js';
import type { TlsFiles } from '../transport/trust.js';

/** Paths in the configuration begin where it is. */
export function tlsFiles(
  { clientCert, clientKey, caFile }: TargetSettings,
  { config }: Pick<HomePaths, 'config'>,
  caFileOfAll: string | undefined,
): TlsFiles {
  const found = (path: string | undefined) => path && resolve(dirname(config), path);
  return {
    caFile: found(caFile) ?? caFileOfAll,
    clientCert: found(clientCert),
    clientKey: found(clientKey),
  };
}
