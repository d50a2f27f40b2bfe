/** What each exit code of a command means, for the help and the man page. */
export const EXIT_MEANINGS: readonly (readonly [codes: string, meaning: string])[] = [
  ['0', 'done'],
  ['1', 'internal failure'],
  ['2', 'a check did not hold'],
  ['3', 'some input was bad'],
  ['4', 'two servers are named'],
  ['5', 'conflict'],
  ['6', 'nothing could be sent'],
  ['7', 'not everything was done'],
  ['8', 'discard refused'],
  ['9', 'events lost'],
  ['64', 'usage'],
  ['129, 130 and 143', 'ended by a signal'],
];

/** Only a home of Spec Kitty's has a server that a variable can contradict. */
export const SPEC_KITTY_CODE = '4';
