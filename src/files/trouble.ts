import { NotPlainFileError } from './plain-file.js';

/** The code of a SQLite or file system error, or an empty text. */
export function errorCode(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}

/** What an error code of the file system means, and what a person can do about it. */
interface Meaning {
  readonly words: string;
  readonly remedy?: string;
}

const OPEN_FILES = 'close some, or raise the limit (`ulimit -n`)';

const MEANINGS: Readonly<Record<string, Meaning>> = {
  ENOSPC: { words: 'the disk is full', remedy: 'make room on it (`df -h` shows which it is)' },
  EDQUOT: { words: 'the disk quota is used up', remedy: 'make room, or ask for a larger quota' },
  EROFS: { words: 'the file system is read-only', remedy: 'mount it for writing' },
  EACCES: { words: 'this user has no permission', remedy: 'see `ls -ld` of it and its directory' },
  EPERM: { words: 'the system does not allow it', remedy: 'see `ls -ld` of it and its directory' },
  EIO: { words: 'the disk reported an error', remedy: 'see `dmesg`' },
  EUCLEAN: { words: 'the file system is damaged', remedy: 'check it (`fsck`)' },
  EMFILE: { words: 'this process has too many open files', remedy: OPEN_FILES },
  ENFILE: { words: 'this machine has too many open files', remedy: 'close some' },
  ENOMEM: { words: 'there is no memory left' },
  ENOLCK: { words: 'the file system gives no locks', remedy: 'use a local file system' },
  ENAMETOOLONG: { words: 'the path is too long', remedy: 'use a shorter one' },
  ENOENT: { words: 'it does not exist' },
  ENOTDIR: { words: 'a part of its path is not a directory' },
  EISDIR: { words: 'it is a directory' },
  ENOTEMPTY: { words: 'the directory is not empty' },
  EEXIST: { words: 'something of that name exists' },
  ELOOP: { words: 'its links lead in a circle' },
  EXDEV: { words: 'it is on another file system' },
  EFBIG: { words: 'the file is larger than the file system allows' },
  EBUSY: { words: 'it is in use' },
  EADDRINUSE: { words: 'another program listens on this port', remedy: 'choose another' },
  EADDRNOTAVAIL: { words: 'this machine has no such address' },
  ECONNREFUSED: { words: 'nobody listens there' },
  ECONNRESET: { words: 'the other side ended the connection' },
  EPIPE: { words: 'the reader went away' },
  ETIMEDOUT: { words: 'it took too long' },
  ESTALE: { words: 'the file server no longer has it' },
  ENXIO: { words: 'the device behind it is gone' },
  ENODEV: { words: 'the device behind it is gone' },
  ENOTSUP: { words: 'the file system cannot do this' },
  EOPNOTSUPP: { words: 'the file system cannot do this' },
  ENOSYS: { words: 'the file system cannot do this' },
  EINVAL: { words: 'the file system cannot do this' },
};

/** Newer codes of Linux that Node.js has no name for. */
const BY_NUMBER: Readonly<Record<number, string>> = { [-117]: 'EUCLEAN', [-122]: 'EDQUOT' };

/** What an error of the file system means in words; undefined for any other error. */
export function troubleWords(error: unknown): string | undefined {
  return meaningOf(error)?.words;
}

/** Why a file cannot be read or written: in words where they are known, else as the error has it. */
export function whyNot(error: unknown): string {
  if (error instanceof NotPlainFileError) return error.reason;
  return troubleWords(error) ?? ownWords(error);
}

/** What a person can do about it; undefined where the words say it all. */
export function troubleRemedy(error: unknown): string | undefined {
  return meaningOf(error)?.remedy;
}

/** What a person can do about this code. */
export function remedyOf(code: 'ENOSPC'): string {
  return MEANINGS[code]?.remedy ?? '';
}

/**
 * An error as people read it. What the file system said becomes `path: what is
 * wrong: what to do`; any other error keeps its own message.
 */
export function plainMessage(error: unknown): string {
  const words = troubleWords(error);
  if (words === undefined || !isOfTheSystem(error)) return ownWords(error);
  const { path } = error as NodeJS.ErrnoException;
  const remedy = troubleRemedy(error);
  return [
    ...(path === undefined ? [] : [path]),
    words,
    ...(remedy === undefined ? [] : [remedy]),
  ].join(': ');
}

/** Several errors in one have no message of their own, and some errors have none at all. */
function ownWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.message !== '') return error.message;
  const { errors } = error as { errors?: unknown };
  if (Array.isArray(errors) && errors.length > 0) return plainMessage(errors[0]);
  return `no reason was given (${errorCode(error) || error.name})`;
}

function meaningOf(error: unknown): Meaning | undefined {
  return MEANINGS[systemCode(error)];
}

/** The code of an error, also where Node.js has no name for the number of the system. */
export function systemCode(error: unknown): string {
  const { errno } = (error ?? {}) as { errno?: unknown };
  return (typeof errno === 'number' ? BY_NUMBER[errno] : undefined) ?? errorCode(error);
}

/** Errors of the file system start with their code; others may carry one beside words of their own. */
function isOfTheSystem(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith(`${errorCode(error)}:`);
}
