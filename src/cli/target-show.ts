import { readTarget, type SettingInForce, type TargetDetails } from '../app/target-details.js';
import { EXIT } from '../base/exit-codes.js';
import { grouped } from '../base/grouped.js';
import { visible } from '../base/visible.js';
import { variablesOfFrame } from '../config/request-frame.js';
import { timeText } from './ago.js';
import { type CommandBody, type DefineCommand, example, withApp } from './command.js';
import { count, Output } from './output.js';
import { type Column, table } from './table.js';
import { goneLines, resetAdvice } from './target-advice.js';

/** `redrain targets show NAME`. */
export const define: DefineCommand = (command, run) => {
  command
    .summary('everything about one target')
    .description(
      'Show the settings of a target and where each comes from, what it has and lacks, and its health. Changes nothing.',
    )
    .argument('<target>', 'name, id or address')
    .addHelpText('after', example('redrain targets show billing'))
    .action(run(show));
};

const show: CommandBody = (call) =>
  withApp(call, async (app) => {
    const details = await readTarget(app, call.args[0] ?? '');
    new Output(call.globals).result(documentOf(details, app.env), () => textOf(details, app.env));
    return EXIT.done;
  });

/** The document of `--json`: settings by the keys of config.toml. */
export function documentOf(details: TargetDetails, env: NodeJS.ProcessEnv) {
  const { record, name, address, declaredIn, isActive, settings, ledger, gap } = details;
  return {
    id: record?.id ?? null,
    name,
    address,
    kind: record?.kind ?? null,
    label: record?.label ?? null,
    declared_in: declaredIn,
    is_active: isActive,
    retired_at: record?.retiredAt ?? null,
    last_drained_at: record?.lastDrainedAt ?? null,
    blocked_reason: record?.blockedReason ?? null,
    blocked_message: record?.blockedMessage ?? null,
    settings: Object.fromEntries(
      settings.map(({ key, value, from }) => [key, { value, from, ...missingIn(key, value, env) }]),
    ),
    ledger: ledger ?? null,
    undelivered: gap?.undelivered ?? null,
    causes: gap?.causes ?? [],
  };
}

/** Names of variables of which none is set; the values are nobody's to see. */
function missingIn(key: string, value: unknown, env: NodeJS.ProcessEnv) {
  const missing = variablesOf(key, value).filter((name) => !env[name]?.trim());
  return missing.length === 0 ? {} : { not_set: missing };
}

function variablesOf(key: string, value: unknown): string[] {
  if (key === 'headers') return Object.values(value as Record<string, string>);
  if (key === 'body' || key === 'item') return variablesOfFrame({ [key]: String(value) });
  if (key !== 'secret_env' && key !== 'auth_env') return [];
  return [value].flat().map(String);
}

function textOf(details: TargetDetails, env: NodeJS.ProcessEnv): string {
  return [
    `${details.name}  ${details.address}`,
    standing(details),
    ...blank(settingLines(details.settings, env)),
    ...blank(eventLines(details)),
    ...blank(healthLines(details)),
  ].join('\n');
}

const blank = (lines: readonly string[]): string[] => (lines.length === 0 ? [] : ['', ...lines]);

function standing({ record, declaredIn, isActive }: TargetDetails): string {
  const parts = [
    record === undefined ? 'never drained to' : `target ${record.id}`,
    isActive ? 'the active target' : 'not the active target',
    declaredIn === null ? 'not declared in config.toml' : `declared in ${declaredIn}`,
  ];
  if (record != null && record.retiredAt !== null)
    parts.push(`retired ${timeText(record.retiredAt)}`);
  return parts.join(', ');
}

/** A table of settings: values as they are typed. */
export function settingLines(
  settings: readonly SettingInForce[],
  env: NodeJS.ProcessEnv,
): string[] {
  if (settings.length === 0) return [];
  const from = (setting: SettingInForce): string => {
    const { not_set: missing = [] } = missingIn(setting.key, setting.value, env);
    return missing.length === 0
      ? setting.from
      : `${setting.from}, ${missing.join(' and ')} not set`;
  };
  const columns: Column<SettingInForce>[] = [
    { key: 'setting', heading: 'SETTING', value: ({ key }) => key },
    {
      key: 'value',
      heading: 'VALUE',
      value: ({ value }) => shownSetting(value),
      shrink: { how: 'fold', least: 16 },
    },
    { key: 'from', heading: 'FROM', value: from, shrink: { how: 'fold', least: 16 } },
  ];
  return [table(columns, settings)];
}

/** As `targets set` takes it. */
export function shownSetting(value: unknown): string {
  if (Array.isArray(value)) return value.join(',');
  if (typeof value !== 'object' || value === null) return visible(String(value ?? 'none'));
  const pairs = Object.entries(value).map(([name, one]) => `${name}=${String(one)}`);
  return pairs.join(',') || 'none';
}

function eventLines({ ledger, gap }: TargetDetails): string[] {
  const undelivered = Object.entries(gap?.undelivered ?? {}).filter(([, events]) => events > 0);
  const terms = undelivered.map(([term, events]) => `${grouped(events)} ${term}`);
  const delivered = `${grouped(ledger?.delivered ?? 0)} delivered`;
  const causes = (gap?.causes ?? []).map(
    ({ events, state, cause }) =>
      `${grouped(events)} ${state}${cause === null ? '' : ` · ${JSON.stringify(cause)}`}`,
  );
  return [
    [delivered, ...terms].join(', '),
    ...causes,
    ...(gap === undefined ? [] : goneLines(gap)),
  ];
}

function healthLines({ record, ledger }: TargetDetails): string[] {
  if (record === undefined) return [];
  const { name, lastDrainedAt, blockedReason, blockedMessage, resetSignal } = record;
  const circuit = ledger?.circuit;
  const lines = [
    lastDrainedAt === null ? 'never drained' : `last drained ${timeText(lastDrainedAt)}`,
  ];
  if (circuit !== undefined && circuit.state !== 'closed') {
    const at = circuit.next_attempt_at;
    const next = at === null ? 'at the next drain' : timeText(at);
    lines.push(
      `circuit ${circuit.state.replace('_', ' ')}: ${count(circuit.failures, 'request')} failed in a row, tried again ${next}`,
    );
  }
  if (blockedReason !== null) lines.push(`${blockedReason}: ${blockedMessage ?? ''}`);
  if (resetSignal !== null) lines.push(resetAdvice(name, resetSignal));
  if (record.retiredAt !== null) lines.push(`\`redrain targets restore ${name}\` brings it back`);
  return lines;
}
