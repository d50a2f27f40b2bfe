import type { Advised } from '../base/advice.js';
import type { ClosedGate, DrainBlockedReason } from '../dispatch/ports.js';

/** What is known of the credentials for the resolved server. */
export type CredentialFacts =
  | {
      readonly state: 'found';
      readonly teamSlug: string | null;
      readonly privateTeamspace: boolean | undefined;
    }
  | (Advised & { readonly state: 'absent' });

/** Everything the Teamspace gates look at. Nothing here needs the network. */
export interface TeamspaceGateFacts {
  readonly env: NodeJS.ProcessEnv;
  readonly config:
    | { readonly state: 'absent' | 'ok' }
    | { readonly state: 'unreadable'; readonly reason: string };
  /** The resolved target, or undefined when there is none. */
  readonly resolved: { readonly resolved_server_url: string } | undefined;
  readonly credentials: CredentialFacts | undefined;
  /** What the server last said of itself; undefined when it said nothing. */
  readonly privateTeamspaceEvidence: boolean | undefined;
}

type Gate = (facts: TeamspaceGateFacts) => ClosedGate | undefined;

/** In order of precedence: the first closed one is reported. */
const GATES: readonly Gate[] = [saasGate, authGate, teamGate, privateTeamspaceGate, configGate];

/**
 * The first closed gate, or undefined when events may leave for the Teamspace.
 * The Private-Teamspace gate closes on evidence only: the server need not say
 * anything about it, and silence leaves it open. Without a resolved target the
 * identity gates have nothing to judge, and the configuration is reported.
 */
export function teamspaceGate(facts: TeamspaceGateFacts): ClosedGate | undefined {
  for (const gate of GATES) {
    const closed = gate(facts);
    if (closed !== undefined) return closed;
  }
  return undefined;
}

const closed = (reason: DrainBlockedReason, message: string, advice: string): ClosedGate => ({
  reason,
  message,
  advice,
});

function saasGate({ env, config }: TeamspaceGateFacts): ClosedGate | undefined {
  if (saasEnabled(env)) return undefined;
  const also =
    config.state === 'unreadable' ? ` config.toml has to be fixed as well: ${config.reason}` : '';
  return closed(
    'saas_disabled',
    'Sending to the Teamspace is switched off; events are kept.',
    `To send them: export SPEC_KITTY_ENABLE_SAAS_SYNC=1, then run \`redrain now\`.${also}`,
  );
}

function authGate({ resolved, credentials }: TeamspaceGateFacts): ClosedGate | undefined {
  if (resolved === undefined || credentials?.state === 'found') return undefined;
  const { message, advice } = credentials ?? {
    message: `No credentials for ${resolved.resolved_server_url}.`,
    advice: `Run \`redrain login ${resolved.resolved_server_url}\`.`,
  };
  return { reason: 'missing_auth', message, advice };
}

function teamGate({ resolved, credentials }: TeamspaceGateFacts): ClosedGate | undefined {
  if (resolved === undefined || credentials?.state !== 'found') return undefined;
  if (credentials.teamSlug !== null && credentials.teamSlug.trim() !== '') return undefined;
  return closed(
    'missing_team',
    `The credentials for ${resolved.resolved_server_url} name no team.`,
    `Run \`redrain login ${resolved.resolved_server_url}\` again, or set SPEC_KITTY_TEAM beside SPEC_KITTY_TOKEN.`,
  );
}

function privateTeamspaceGate(facts: TeamspaceGateFacts): ClosedGate | undefined {
  const { resolved, credentials, privateTeamspaceEvidence } = facts;
  if (resolved === undefined || credentials?.state !== 'found') return undefined;
  const isPrivate = privateTeamspaceEvidence ?? credentials.privateTeamspace;
  if (isPrivate !== false) return undefined;
  return closed(
    'private_teamspace_gate',
    `Team ${credentials.teamSlug ?? ''} at ${resolved.resolved_server_url} is not a Private Teamspace, and events go to no other.`,
    `Create or join one there, then run \`redrain login ${resolved.resolved_server_url}\`.`,
  );
}

function configGate({ config, resolved }: TeamspaceGateFacts): ClosedGate | undefined {
  if (config.state === 'unreadable') {
    return closed(
      'config_unreadable',
      `config.toml cannot be used, so nothing is sent: ${config.reason}`,
      'Fix the file, then run `redrain now`.',
    );
  }
  if (resolved !== undefined) return undefined;
  return closed(
    'config_unreadable',
    'No usable server address, so nothing is sent.',
    'Run `redrain server URL` to set one, or `redrain doctor` for what is wrong.',
  );
}

const ON = new Set(['1', 'true', 'yes', 'on']);

/**
 * The SaaS switch, read as the older program reads it: on for `1 true yes on` in
 * any letter case, off for everything else.
 */
export const saasEnabled = (env: NodeJS.ProcessEnv): boolean =>
  ON.has((env.SPEC_KITTY_ENABLE_SAAS_SYNC ?? '').trim().toLowerCase());
