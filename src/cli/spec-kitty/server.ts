import { authoritySection } from '../../app/spec-kitty/status-fields.js';
import { EXIT } from '../../base/exit-codes.js';
import { writeServerUrl } from '../../config/edit.js';
import type { AuthoritySection } from '../../spec-kitty/authority-report.js';
import { canonicalUrl, isWithinRedrain } from '../../targets/canonical-url.js';
import { type CommandBody, type DefineCommand, example, withApp } from '../command.js';
import { UsageError } from '../failure.js';
import { Output } from '../output.js';
import { goneAtActive } from '../target-advice.js';

/** `redrain server [URL]`: show the server in force, or set the configured one. */
export const define: DefineCommand = (command, run) => {
  command
    .description(
      'Show the server in force and why, or set [sync].server_url in config.toml, keeping the rest of the file.',
    )
    .argument('[url]', 'the new server')
    .addHelpText('after', example('redrain server https://preview-42.example'))
    .action(run(server));
};

const server: CommandBody = (call) =>
  withApp(call, async (app) => {
    const output = new Output(call.globals);
    const [url] = call.args;
    if (url !== undefined) {
      assertServer(url);
      await writeServerUrl(app.paths.config, url.trim());
    }
    const authority = authoritySection(app, await app.situation());
    const gone = await goneAtActive(app);
    output.result(authority, () => [sentence(authority), ...gone].join('\n'));
    return authority.override_mode === 'setup_only' ? EXIT.splitBrain : EXIT.done;
  });

function assertServer(url: string): void {
  if (isWithinRedrain(canonicalUrl(url)))
    throw new UsageError('a stub is not a server', {
      advice: '`redrain mode EXTERNAL_RECEIVER --endpoint stub:` sends to it',
    });
}

function sentence(authority: AuthoritySection): string {
  const lines = [`server: ${authority.resolved_server_url ?? 'unknown'}`];
  if (!authority.configured && authority.error === undefined)
    lines.push('Nothing was configured: this is the default. `redrain server URL` sets one.');
  if (authority.override_mode === 'process_override')
    lines.push(
      `SPEC_KITTY_SAAS_URL wins over ${authority.configured_server_url ?? 'the default'} for this process.`,
    );
  if (authority.error !== undefined) lines.push(authority.error);
  return lines.join('\n');
}
