import { startServer } from '../../src/receivers/stub/server.js';

/** The stub receiver in a process of its own; ends with the one that started it. */
const server = await startServer({ db: ':memory:', durable: false });
process.once('disconnect', () => server.close());
process.send?.(server.url);
