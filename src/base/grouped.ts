/**
 * A whole number as people read it: `1,234,567`. The same as
 * `toLocaleString('en')`, which loads the data of all languages first: 10 ms
 * of a command that takes 80.
 */
export const grouped = (n: number): string => String(n).replaceAll(/(?<=\d)(?=(?:\d{3})+$)/g, ',');
