import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { RedrainError } from '../base/error.js';
import { EXIT } from '../base/exit-codes.js';

/** Ctrl-C at a question: nobody wants to go on. */
export class InterruptedError extends RedrainError {
  override readonly name = 'InterruptedError';
  readonly code = 'INTERRUPTED';
  override readonly exitCode = EXIT.interrupted;
  constructor() {
    super('interrupted');
  }
}

/** Where somebody is asked: a terminal, or what a test puts in its place. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

export interface Question {
  readonly text: string;
  /** Nothing that is typed is shown. */
  readonly hidden: boolean;
}

/**
 * Asks one question after the other and returns the lines that were typed;
 * fewer of them when the input ends. The terminal is in raw mode while
 * readline reads, so only readline could echo, and for a hidden answer it
 * writes to nowhere: from the very keystroke that ended the line before, so
 * that a pasted pair of user and password stays hidden too.
 *
 * @throws InterruptedError on Ctrl-C.
 */
export function ask(questions: readonly Question[], terminal: Terminal): Promise<string[]> {
  const output = new EchoSwitch(terminal.output);
  const lines = createInterface({ input: terminal.input, output, terminal: true, historySize: 0 });
  const answers: string[] = [];
  const askNext = (): void => {
    const next = questions[answers.length];
    if (next === undefined) {
      lines.close();
      return;
    }
    output.isOff = next.hidden;
    if (next.hidden) terminal.output.write(next.text);
    lines.setPrompt(next.hidden ? '' : next.text);
    lines.prompt();
  };
  return new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      if (answers.length === questions.length) return;
      // The newline of a hidden answer was hidden as well.
      if (output.isOff) terminal.output.write('\n');
      answers.push(line);
      askNext();
    });
    lines.once('SIGINT', () => {
      terminal.output.write('\n');
      reject(new InterruptedError());
      lines.close();
    });
    lines.once('close', () => resolve(answers));
    askNext();
  });
}

/** What readline echoes to, until it is switched off. */
class EchoSwitch extends Writable {
  isOff = false;
  readonly #output: NodeJS.WritableStream;

  constructor(output: NodeJS.WritableStream) {
    super();
    this.#output = output;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    if (!this.isOff) this.#output.write(chunk);
    done();
  }
}
