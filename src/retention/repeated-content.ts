/** Runs of so many characters that a text shares with an event are taken for a repetition of it. */
const WINDOW = 8;
/** Shorter values say nothing that could be recognised. */
const SHORTEST = 3;

/**
 * Knows the contents of an event again in other texts: in a server's answer
 * that quotes it, in an error message, in the result of a job. It errs on the
 * side of yes: a message that is erased for nothing is a small loss.
 */
export class RepeatedContent {
  readonly #windows = new Set<string>();
  readonly #short = new Set<string>();
  readonly #known: boolean;

  /**
   * `payloads`: all contents that went under the id. `kept`: values that stay
   * on record by design, such as the id. Without `known` some contents are
   * gone already, and every longer text may repeat them.
   */
  constructor(
    payloads: readonly Buffer[],
    { kept, known = true }: { readonly kept: readonly string[]; readonly known?: boolean },
  ) {
    this.#known = known;
    for (const bytes of payloads)
      for (const value of valuesIn(bytes.toString('utf8')))
        if (!kept.includes(value)) this.#learn(value);
  }

  /** Whether the text, as it is or as the JSON it may be, repeats anything of the event. */
  isIn(text: string): boolean {
    if (!this.#known && text.length >= WINDOW) return true;
    return [text, ...valuesIn(text)].some((one) => this.#isIn(one));
  }

  #learn(value: string): void {
    if (value.length < SHORTEST) return;
    if (value.length < WINDOW) this.#short.add(value);
    else for (const window of windowsOf(value)) this.#windows.add(window);
  }

  #isIn(text: string): boolean {
    for (const value of this.#short) if (text.includes(value)) return true;
    for (const window of windowsOf(text)) if (this.#windows.has(window)) return true;
    return false;
  }
}

function* windowsOf(text: string): Generator<string> {
  for (let at = 0; at + WINDOW <= text.length; at += 1) yield text.slice(at, at + WINDOW);
}

/** Every text and number in a JSON document; the text itself when it is none. */
function valuesIn(text: string): string[] {
  try {
    return leavesOf(JSON.parse(text));
  } catch {
    return [text];
  }
}

/** A loop, not a recursion: events are nested as deep as their producers like. */
function leavesOf(document: unknown): string[] {
  const found: string[] = [];
  const open: unknown[] = [document];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value === 'string') found.push(value);
    else if (typeof value === 'number') found.push(String(value));
    else if (typeof value === 'object' && value !== null)
      for (const inner of Object.values(value)) open.push(inner);
  }
  return found;
}
