import { existsSync, statSync } from 'node:fs';
import { RedrainError } from '../base/error.js';
import { EXIT } from '../base/exit-codes.js';
import { replaceFile } from '../files/durable-file.js';
import { MAX_TEXT_BYTES, readPlainFile } from '../files/plain-file.js';
import { plainMessage } from '../files/trouble.js';
import { type EdgeToken, parseTokens } from './tokens.js';

/** The file of tokens cannot be used: nobody may send. */
export class TokensUnreadableError extends RedrainError {
  override readonly name = 'TokensUnreadableError';
  readonly code = 'TOKENS_UNREADABLE';
  override readonly exitCode = EXIT.usage;
}

/** What others may do with the file. */
const OTHERS = 0o077;

/** The file of tokens: read again whenever it has changed. */
export class TokenFile {
  readonly path: string;
  #read: { readonly version: string; readonly tokens: readonly EdgeToken[] } | undefined;

  #wasThere = false;

  constructor(path: string) {
    this.path = path;
  }

  get isThere(): boolean {
    return existsSync(this.path);
  }

  /** Whether it is there, or was at an earlier call: a file that is lost opens no door. */
  get wasEverThere(): boolean {
    this.#wasThere ||= this.isThere;
    return this.#wasThere;
  }

  /** The tokens of this moment. @throws TokensUnreadableError. */
  tokens(): readonly EdgeToken[] {
    const version = this.#versionNow();
    if (this.#read?.version !== version) this.#read = { version, tokens: this.#parse(this.text()) };
    return this.#read.tokens;
  }

  /** Its text; empty where there is none yet. @throws TokensUnreadableError. */
  text(): string {
    if (!this.isThere) return '';
    this.#versionNow();
    return this.#orFault(() => readPlainFile(this.path, MAX_TEXT_BYTES).toString('utf8'));
  }

  /** Takes the place of what is there, for its owner alone. */
  write(text: string): void {
    this.#parse(text);
    this.#orFault(() => replaceFile(this.path, text));
  }

  #parse(text: string): readonly EdgeToken[] {
    const tokens = parseTokens(text);
    if (typeof tokens === 'string') throw this.#fault(tokens);
    return tokens;
  }

  /** Changes with the file. */
  #versionNow(): string {
    const stat = this.#orFault(() => statSync(this.path));
    if ((stat.mode & OTHERS) !== 0)
      throw this.#fault('others may read or write it: take that away (chmod 600)');
    return `${stat.ino} ${stat.size} ${stat.mtimeMs}`;
  }

  #orFault<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof RedrainError) throw error;
      throw this.#fault(plainMessage(error));
    }
  }

  #fault(reason: string): TokensUnreadableError {
    return new TokensUnreadableError(`the tokens in ${this.path} cannot be used: ${reason}`);
  }
}
