import { writeSync } from 'node:fs';
import { EXIT } from '../base/exit-codes.js';
import { stdout } from '../output/standard.js';
import { forTerminal } from './color.js';
import { screenOf } from './screen.js';

const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const TOP = '\u001b[H';
const REST_OF_LINE = '\u001b[K';
const REST_OF_SCREEN = '\u001b[J';

/** A terminal that was stopped (Ctrl-S) costs frames: the next one shows all. */
const MOST_WAITING = 64 * 1024;

const CTRL_C = '\u0003';
const CTRL_Z = '\u001a';

/**
 * The whole screen of a terminal, drawn again and again; what was there before
 * comes back when it ends, however it ends. Keys come without Enter where
 * stdin is a terminal too.
 */
export class LiveScreen {
  readonly #ending = new AbortController();
  readonly #onKey: (key: string) => void;
  readonly #onSize: () => void;
  #code: number = EXIT.done;
  #isOpen = false;

  /** `onKey` gets every key but q, Ctrl-C and Ctrl-Z; `onSize` is called after the size changed. */
  constructor(onKey: (key: string) => void, onSize: () => void) {
    this.#onKey = onKey;
    this.#onSize = onSize;
  }

  /** Aborted when q or Ctrl-C is typed, or a signal ends the view. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** 0 after q, 130 after Ctrl-C, 129 and 143 after a signal. */
  get exitCode(): number {
    return this.#code;
  }

  open(): void {
    this.#show();
    process.on('exit', this.#restore);
    process.stdout.on('resize', this.#onSize);
    for (const [name, listener] of this.#signals) process.on(name, listener);
  }

  close(): void {
    process.off('exit', this.#restore);
    process.stdout.off('resize', this.#onSize);
    for (const [name, listener] of this.#signals) process.off(name, listener);
    this.#hide();
  }

  /** As many of the lines as there is room for. */
  draw(lines: readonly string[]): void {
    if (!this.#isOpen || stdout().waiting > MOST_WAITING) return;
    const shown = lines.slice(0, screenOf().rows);
    const text = shown.map((line) => `${forTerminal(line)}${REST_OF_LINE}`).join('\r\n');
    stdout().write(`${TOP}${text}${REST_OF_SCREEN}`);
  }

  readonly #signals: readonly (readonly [NodeJS.Signals, () => void])[] = [
    ['SIGINT', () => this.#end(EXIT.interrupted)],
    ['SIGTERM', () => this.#end(EXIT.terminated)],
    ['SIGHUP', () => this.#end(EXIT.hungUp)],
    ['SIGCONT', () => this.#resume()],
  ];

  #end(code: number): void {
    this.#code = code;
    this.#ending.abort();
  }

  readonly #typed = (keys: Buffer): void => {
    for (const key of keysOf(keys.toString()))
      if (key === 'q' || key === 'Q') this.#end(EXIT.done);
      else if (key === CTRL_C) this.#end(EXIT.interrupted);
      else if (key === CTRL_Z) this.#stop();
      else this.#onKey(key);
  };

  /** As every program of a shell stops: with the terminal as it was. */
  #stop(): void {
    this.#hide();
    process.kill(process.pid, 'SIGSTOP');
  }

  #resume(): void {
    this.#show();
    this.#onSize();
  }

  #show(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    stdout().write(ENTER);
    if (process.stdin.isTTY !== true) return;
    process.stdin.setRawMode(true).on('data', this.#typed).resume();
  }

  #hide(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    stdout().write(LEAVE);
    if (process.stdin.isTTY !== true) return;
    process.stdin.setRawMode(false).off('data', this.#typed).pause();
  }

  /** The process ends without `close`: what waits in memory would not be written any more. */
  readonly #restore = (): void => {
    if (!this.#isOpen) return;
    if (process.stdin.isTTY === true) process.stdin.setRawMode(false);
    try {
      writeSync(1, LEAVE);
    } catch {
      // There is no terminal any more.
    }
  };
}

/** Escape sequences are one key each. */
function keysOf(typed: string): string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: keys of a terminal begin with one.
  return typed.match(/\u001b\[[0-9;]*[A-Za-z~]|[\s\S]/gu) ?? [];
}
