import { settingsOf } from '../config/document.js';
import { editConfig } from '../config/edit.js';
import type { SyncSettings } from '../config/settings.js';
import { MODES, type Mode, parseMode, policyOf } from '../policy/mode.js';
import { type ModeRequest, modeChanges } from '../policy/mode-change.js';
import { canonicalUrl } from '../targets/canonical-url.js';
import type { CommandBody } from './command.js';
import { EXIT } from './exit-codes.js';
import { UsageError } from './failure.js';
import { goneAtActive } from './now-verdict.js';
import { withApp } from './open-app.js';
import { Output } from './output.js';

interface ModeOptions extends Omit<ModeRequest, 'mode' | 'headers'> {
  readonly header: readonly string[];
}

/** `redrain mode [MODE]`: show or set the policy. */
export const run: CommandBody = (call) =>
  withApp(call, async (app) => {
    const output = new Output(call.globals);
    const options = call.options as unknown as ModeOptions;
    const [word] = call.args;
    if (word !== undefined) {
      const before = settingsOf((await app.situation()).config);
      const request = requestOf(word, options);
      const isNew = isNewEndpoint(request, before);
      if (request.mode === 'EXTERNAL_RECEIVER' && !(request.endpoint ?? before.external.endpoint))
        throw new UsageError('EXTERNAL_RECEIVER needs --endpoint URL');
      await editConfig(app.paths.config, modeChanges(request, isNew, before.external));
    } else if (changesAnything(options))
      throw new UsageError('name the mode these options are for');
    const settings = settingsOf((await app.situation()).config);
    const gone = await goneAtActive(app);
    output.result(documentOf(settings), () => [sentence(settings), ...gone].join('\n'));
    return EXIT.done;
  });

function requestOf(word: string, options: ModeOptions): ModeRequest {
  const mode = parseMode(word);
  if (mode === undefined)
    throw new UsageError(`there is no mode ${word}: choose one of ${MODES.join(', ')}`);
  if (mode !== 'EXTERNAL_RECEIVER' && changesAnything(options))
    throw new UsageError(
      `--endpoint and its companions belong to EXTERNAL_RECEIVER, not to ${mode}`,
    );
  const { header, ...rest } = options;
  if (rest.endpoint !== undefined) canonicalUrl(rest.endpoint);
  return { ...rest, mode, headers: Object.fromEntries(header.map(headerOf)) };
}

function changesAnything({ header, ...rest }: ModeOptions): boolean {
  return header.length > 0 || Object.values(rest).some((value) => value !== undefined);
}

/** Only the name of a variable is ever written down, so that no secret is. */
function headerOf(text: string): [name: string, variable: string] {
  const match = /^([A-Za-z0-9!#$%&'*+.^_`|~-]+)=([A-Za-z_][A-Za-z0-9_]*)$/.exec(text);
  if (match === null)
    throw new UsageError(
      `--header ${text.split('=')[0]}=… must be NAME=ENV_VAR, the name of a variable`,
    );
  return [match[1] as string, match[2] as string];
}

function isNewEndpoint(request: ModeRequest, before: SyncSettings): boolean {
  if (request.endpoint === undefined) return false;
  const old = before.external.endpoint;
  return old === undefined || sameAddress(old, request.endpoint) === false;
}

function sameAddress(a: string, b: string): boolean {
  try {
    return canonicalUrl(a) === canonicalUrl(b);
  } catch {
    return false;
  }
}

function documentOf({ mode, external }: SyncSettings) {
  const { retention, delivery } = policyOf(mode);
  return {
    mode,
    retention,
    delivery,
    external: {
      endpoint: external.endpoint ?? null,
      headers: Object.fromEntries(external.headers),
      auth_env: external.authEnv ?? null,
      ack: external.ack,
      max_events: external.maxEvents,
      max_bytes: external.maxBytes,
      projects: external.projects,
    },
  };
}

const MEANING: Readonly<Record<Mode, string>> = {
  TEAMSPACE: 'events are kept and sent to the server (`redrain server` shows which)',
  EXTERNAL_RECEIVER: 'events are kept and sent to your endpoint',
  LOCAL_RETENTION: 'events are kept and sent nowhere until you choose another mode',
  OPT_OUT: 'events are neither kept nor sent, as far as their family allows that',
};

function sentence({ mode, external }: SyncSettings): string {
  const lines = [`mode: ${mode}`, MEANING[mode]];
  if (mode === 'EXTERNAL_RECEIVER') lines.push(`endpoint: ${external.endpoint ?? 'none'}`);
  return lines.join('\n');
}
