/**
 * BullMQ puts a colon between the parts of its keys, and so allows none in the
 * name of a queue and in few ids: it stands there as `%3A`.
 */
export const toBull = (name: string): string => name.replaceAll('%', '%25').replaceAll(':', '%3A');

/** The name that `toBull` wrote. */
export const fromBull = (name: string): string =>
  name.replaceAll('%3A', ':').replaceAll('%25', '%');
