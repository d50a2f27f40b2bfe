import { color } from './color.js';

/** One fact of the status screen: its name, and its value in a column. */
export function line(name: string, value: string | number): string {
  return `${color.bold(`${name.padEnd(17)} `)}${typeof value === 'number' ? value.toLocaleString('en') : value}`;
}
