import type { ExternalSettings } from '../config/settings.js';
import type { TomlChange } from '../config/toml-edit.js';
import type { Mode } from './mode.js';

/** What `redrain mode` was asked for. */
export interface ModeRequest {
  readonly mode: Mode;
  /** A canonical endpoint, when one was given. */
  readonly endpoint?: string | undefined;
  /** Header name → variable. */
  readonly headers: Readonly<Record<string, string>>;
  readonly authEnv?: string | undefined;
  readonly ack?: 'results' | 'status' | undefined;
  readonly maxEvents?: number | undefined;
  readonly maxBytes?: number | undefined;
  readonly projects?: 'all' | 'allowed' | undefined;
}

/**
 * The edits of config.toml that put a request in force. A new endpoint starts
 * with none of the old one's settings, least of all its secrets (SPEC section
 * 12); for the same endpoint only what was named changes.
 */
export function modeChanges(
  request: ModeRequest,
  isNewEndpoint: boolean,
  before: ExternalSettings,
): TomlChange[] {
  const named: [string, unknown][] = [
    ['endpoint', request.endpoint],
    ['auth_env', request.authEnv],
    ['ack', request.ack],
    ['max_events', request.maxEvents],
    ['max_bytes', request.maxBytes],
    ['projects', request.projects],
  ];
  const changes: TomlChange[] = [{ path: ['sync', 'mode'], value: request.mode }];
  for (const [key, value] of named) {
    if (value !== undefined || isNewEndpoint)
      changes.push({ path: [...EXTERNAL, key], value: value as TomlChange['value'] });
  }
  if (isNewEndpoint)
    for (const name of before.headers.keys())
      changes.push({ path: [...EXTERNAL, 'headers', name], value: undefined });
  for (const [name, variable] of Object.entries(request.headers))
    changes.push({ path: [...EXTERNAL, 'headers', name], value: variable });
  return changes;
}

const EXTERNAL = ['sync', 'external'];
