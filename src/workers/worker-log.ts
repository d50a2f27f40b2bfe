import pino, { type Logger } from 'pino';

/**
 * JSON lines on stdout. What is logged is made of reports that never held a
 * secret; the redaction is for a field that should never have got here.
 */
export function workerLog(worker: string, level: string): Logger {
  return pino({
    level,
    base: { worker, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: {
      paths: ['token', 'authorization', 'headers', '*.token', '*.authorization', '*.headers'],
      censor: '[redacted]',
    },
  });
}
