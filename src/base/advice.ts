/** A text in two: what happened, for everybody, and what to type next, for people at the command line. */
export interface Advised {
  readonly message: string;
  /** Absent where nothing is to be typed. */
  readonly advice?: string | undefined;
}

/** Both parts as one text, for a person. */
export const wholeText = ({ message, advice }: Advised): string =>
  advice === undefined ? message : `${message}${message.endsWith('.') ? '' : ':'} ${advice}`;
