import { type LogoutReport, logout } from '../../app/spec-kitty/logout.js';
import { EXIT } from '../../base/exit-codes.js';
import { type CommandBody, type DefineCommand, example, withApp } from '../command.js';
import { Output } from '../output.js';

/** `redrain logout [URL]`: forgets redrain's own login for one server. */
export const define: DefineCommand = (command, run) => {
  command
    .description(
      'Delete what `redrain login` kept for a server, the one in force or URL. The credentials of Spec Kitty are not touched.',
    )
    .argument('[url]', 'the server')
    .addHelpText('after', example('redrain logout https://preview-42.example'))
    .action(run(logOut));
};

const logOut: CommandBody = (call) =>
  withApp(call, async (app) => {
    const output = new Output(call.globals);
    const report = await logout(app, call.args[0]);
    for (const place of report.still_found_in) output.note(remark(place, report.server));
    output.result(report, () => sentence(report));
    return EXIT.done;
  });

const sentence = ({ removed, server, kept_in }: LogoutReport): string =>
  removed ? `logged out of ${server}` : `${kept_in} held no login for ${server}`;

const remark = (place: string, server: string): string =>
  place === 'SPEC_KITTY_TOKEN'
    ? `SPEC_KITTY_TOKEN is set: events can still leave for ${server} until you unset it.`
    : `${place} still holds a login for ${server}. It is Spec Kitty's own: log out there as well.`;
