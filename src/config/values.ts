import * as v from 'valibot';
import { isTable } from './toml.js';

/** The kinds of values in config.toml, each with the sentence for what is not one. */

export const aTable = v.custom<Record<string, unknown>>(isTable, 'must be a table');
export const text = v.string('must be a text in quotes');
export const flag = v.boolean('must be true or false');
export const variable = v.pipe(
  text,
  v.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable, not a value'),
);

export const wholeNumber = (least: number, most: number) => {
  const message = `must be a whole number from ${least} to ${most}`;
  return v.pipe(
    v.number(message),
    v.integer(message),
    v.minValue(least, message),
    v.maxValue(most, message),
  );
};

export const oneOf = <const T extends readonly string[]>(options: T) =>
  v.picklist(options, `must be one of ${options.join(', ')}`);

/** Known keys are checked, others left alone: the file is shared with Spec Kitty. */
export const table = <T extends v.ObjectEntries>(entries: T) =>
  v.pipe(aTable, v.looseObject(entries));

export const mapOf = <T extends v.GenericSchema>(value: T) =>
  v.pipe(aTable, v.record(v.string(), value));

export const headerName = v.pipe(
  text,
  v.regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'must be the name of an HTTP header'),
);

export const headers = v.pipe(aTable, v.record(headerName, variable));
