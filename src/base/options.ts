import { type Command, Option } from 'commander';

/** An option that may be given several times; none is an empty list. */
export function repeatable(flags: string, description: string): Option {
  return new Option(flags, `${description}; repeatable`)
    .argParser((value: string, earlier: string[]) => [...earlier, value])
    .default([], 'none');
}

/**
 * Makes it a usage error to give an option twice that takes one value: which
 * one was meant cannot be known. Call it when every command has its options.
 */
export function refuseRepeats(command: Command): void {
  const given = new Map<string, string>();
  for (const option of command.options.filter(isSingle))
    command.on(`option:${option.name()}`, () => {
      const earlier = given.get(option.attributeName());
      given.set(option.attributeName(), option.flags);
      if (earlier !== undefined) command.error(repeated(earlier, option.flags));
    });
  for (const child of command.commands) refuseRepeats(child);
}

/** Takes one value, or is the `--no-…` of one that does. */
function isSingle(option: Option, _index: number, all: readonly Option[]): boolean {
  if (option.negate)
    return all.some((one) => one !== option && one.attributeName() === option.attributeName());
  return (option.required || option.optional) && !Array.isArray(option.defaultValue);
}

const repeated = (earlier: string, flags: string): string =>
  earlier === flags
    ? `error: option '${flags}' was given more than once: it takes one value`
    : `error: options '${earlier}' and '${flags}' exclude each other`;
