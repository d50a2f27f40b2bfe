import type { Mode } from '../policy/mode.js';
import type { ExternalSettings } from './settings.js';
import type { TargetSettings } from './target-settings.js';
import type { TomlChange } from './toml-edit.js';

/** What `redrain mode` was asked for. */
export interface ModeRequest {
  readonly mode: Mode;
  /** A canonical endpoint, when one was given. */
  readonly endpoint?: string | undefined;
  /** Header name → variable. */
  readonly headers: Readonly<Record<string, string>>;
  readonly authEnv?: string | undefined;
  readonly ack?: TargetSettings['ack'] | undefined;
  readonly maxEvents?: number | undefined;
  readonly maxBytes?: number | undefined;
  readonly projects?: 'all' | 'allowed' | undefined;
}

/** The settings of the endpoint that a request goes to, as far as it was known before. */
export type KnownSettings = Omit<Partial<ModeRequest>, 'mode' | 'endpoint'>;

/**
 * The edits of config.toml that put a request in force. Another endpoint gets
 * none of the settings of the one before, least of all its secrets; one that is
 * known gets its own back. For the same endpoint only what was named changes.
 */
export function modeChanges(
  request: ModeRequest,
  isNewEndpoint: boolean,
  before: ExternalSettings,
  known: KnownSettings = {},
): TomlChange[] {
  const named: [string, unknown][] = [
    ['endpoint', request.endpoint],
    ['auth_env', request.authEnv ?? known.authEnv],
    ['ack', request.ack ?? known.ack],
    ['max_events', request.maxEvents ?? known.maxEvents],
    ['max_bytes', request.maxBytes ?? known.maxBytes],
    ['projects', request.projects ?? known.projects],
  ];
  const changes: TomlChange[] = [{ path: ['sync', 'mode'], value: request.mode }];
  for (const [key, value] of named) {
    if (value !== undefined || isNewEndpoint)
      changes.push({ path: [...EXTERNAL, key], value: value as TomlChange['value'] });
  }
  if (isNewEndpoint)
    for (const name of before.headers.keys())
      changes.push({ path: [...EXTERNAL, 'headers', name], value: undefined });
  for (const [name, variable] of Object.entries({ ...known.headers, ...request.headers }))
    changes.push({ path: [...EXTERNAL, 'headers', name], value: variable });
  return changes;
}

const EXTERNAL = ['sync', 'external'];
