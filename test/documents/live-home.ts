import { expect } from 'chai';
import { captured, envelopes, sendTo } from '../processes/given-events.js';
import { Reader } from './reader.js';

/** Five events, sent to a receiver within redrain; a `sqlite3` as far as a backup needs it. */
export async function givenLiveHome(): Promise<Reader> {
  const reader = new Reader({ npm_config_update_notifier: 'false' });
  sendTo(reader.cli, 'stub:');
  await captured(reader.cli, envelopes(5));
  expect((await reader.cli.run(['now'])).code).to.equal(0);
  const driver = import.meta.resolve('better-sqlite3');
  const program = `import Database from '${driver}'; const [file, sql] = process.argv.slice(1); new Database(file).exec(sql);`;
  const quoted = program.replaceAll("'", "'\\''");
  reader.install('sqlite3', `exec '${process.execPath}' --input-type=module -e '${quoted}' "$@"`);
  return reader;
}
