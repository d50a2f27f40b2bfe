import { editConfig } from './edit.js';

/**
 * What `redrain server URL` writes. The caller has made sure that the address
 * is usable; this is the only place that writes the key.
 */
export const writeServerUrl = (configPath: string, url: string): Promise<boolean> =>
  editConfig(configPath, [{ path: ['sync', 'server_url'], value: url }]);
