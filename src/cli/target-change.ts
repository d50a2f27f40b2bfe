import { changeTarget, type TargetChange } from '../app/target-changes.js';
import { EXIT } from '../base/exit-codes.js';
import type { TargetRecord } from '../targets/registry.js';
import type { CommandBody } from './command.js';
import { UsageError } from './failure.js';
import { withApp } from './open-app.js';
import { Output } from './output.js';

const LONGEST_LABEL = 100;

/** `redrain targets label ID TEXT`. */
export const label: CommandBody = async (call) => {
  const text = call.args[1] ?? '';
  if (text.length > LONGEST_LABEL || /\p{Cc}/u.test(text))
    throw new UsageError(`a label is one line of at most ${LONGEST_LABEL} characters`);
  return change({ kind: 'label', label: text })(call);
};

/** `redrain targets ack|retire|restore ID`. */
export const change =
  (wanted: TargetChange): CommandBody =>
  (call) =>
    withApp(call, async (app) => {
      const target = await changeTarget(app, call.args[0] ?? '', wanted);
      const { leaseHolder: _holder, ...shown } = target;
      new Output(call.globals).result(shown, () => sentence(wanted, target));
      return EXIT.done;
    });

function sentence({ kind }: TargetChange, { id, label, canonicalUrl }: TargetRecord): string {
  const target = `target ${id} ${canonicalUrl}`;
  switch (kind) {
    case 'label':
      return label === null ? `${target} has no label any more` : `${target} is called ${label}`;
    case 'ack':
      return `${target}: the reset signal is acknowledged`;
    case 'retire':
      return `${target} is retired: nothing goes there any more, but for a request that is on its way at this moment, and gc no longer waits for it. \`redrain targets restore ${id}\` takes that back.`;
    case 'restore':
      return `${target} is in use again`;
  }
}
