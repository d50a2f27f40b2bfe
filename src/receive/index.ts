// The receiver kit, `redrain/receive`: docs/receive.md.
export {
  type FastifyInstance,
  type NodeListener,
  toExpress,
  toFastify,
  toHono,
  toNode,
} from './adapters.js';
export type { Credentials } from './authentication.js';
export type { ReceiverHandler, RequestSummary } from './handler.js';
export type { ReceiverLimits } from './limits.js';
export {
  type PostgresClient,
  type PostgresPool,
  type PostgresResult,
  postgresStore,
} from './postgres-store.js';
export {
  EventRejectedError,
  type ReceivedEvent,
  type ReceivedFormat,
} from './received-event.js';
export { type ReceiverOptions, receiver } from './receiver.js';
export { type SqliteDatabase, type SqliteStatement, sqliteStore } from './sqlite-store.js';
export type { OnceOutcome, OnceStore } from './store.js';
