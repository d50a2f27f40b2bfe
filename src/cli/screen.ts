/** Where a result is shown. */
export interface Screen {
  /** False for a pipe or a file: it gets whole values, ISO times and no marks for the eye. */
  readonly isTerminal: boolean;
  /** Columns of a line; infinite for a pipe or a file, unless COLUMNS asks for a width. */
  readonly columns: number;
  readonly rows: number;
}

const USUAL = { columns: 80, rows: 24 };

/** stdout as it is now: the size of a terminal may change at any time. */
export function screenOf(
  stream: Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'rows'> = process.stdout,
  env: NodeJS.ProcessEnv = process.env,
): Screen {
  const wanted = asked(env.COLUMNS);
  if (stream.isTTY !== true)
    return { isTerminal: false, columns: wanted ?? Number.POSITIVE_INFINITY, rows: USUAL.rows };
  // A terminal that does not know its size says 0.
  const columns = stream.columns || wanted || USUAL.columns;
  return { isTerminal: true, columns, rows: stream.rows || USUAL.rows };
}

function asked(text: string | undefined): number | undefined {
  return text !== undefined && /^[1-9]\d{0,4}$/.test(text) ? Number(text) : undefined;
}
