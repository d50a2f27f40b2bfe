/** A text in two: what happened, for everybody, and what to type, for the command line. */
export interface Told {
  readonly message: string;
  /** Undefined where the text names no command. */
  readonly advice: string | undefined;
}

const COMMAND = /`redrain /;

/**
 * Cuts a message before the clause that names the first command: programs read
 * the part before it. Both parts in a row are the text.
 */
export function told(text: string): Told {
  const command = COMMAND.exec(text);
  if (command === null) return { message: text, advice: undefined };
  const before = text.slice(0, command.index);
  const ends = [...before.matchAll(/[.:;] /g)].map(({ index }) => index);
  // "To send them: …" says nothing without what follows.
  const end = ends.findLast((at) => !/(^|[.;] )To [^.:;]*$/.test(before.slice(0, at)));
  if (end === undefined) return { message: text, advice: undefined };
  const isSentence = text[end] === '.';
  return { message: text.slice(0, isSentence ? end + 1 : end), advice: text.slice(end + 2) };
}

/** Both parts as one text. */
export const retold = ({ message, advice }: Told): string =>
  advice === undefined ? message : `${message}${message.endsWith('.') ? '' : ':'} ${advice}`;
