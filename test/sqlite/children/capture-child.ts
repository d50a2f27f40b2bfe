import { App } from '../../../src/app/app.js';
import { dieAt, readyToGo, report, requestOf } from './child-protocol.js';

export interface CaptureRequest {
  readonly home: string;
  /** Envelopes, one group. None: takes in what waits in the spool. */
  readonly envelopes?: readonly string[];
  readonly dieAt?: string;
  /** Milliseconds it waits for a locked journal; none unless given. */
  readonly patience?: number;
}

/** Captures a group, or takes in the spool, and reports the verdicts. */
const request = requestOf<CaptureRequest>();
const app = new App({
  home: request.home,
  env: {},
  storage: { busyTimeoutMs: request.patience ?? 0 },
});
await readyToGo();
dieAt(request.dieAt);
if (request.envelopes === undefined) {
  const taken = await app.ingestSpool();
  report(taken.map(({ file, verdicts, problems }) => ({ file, verdicts, problems })));
} else {
  report(await app.captureGroup(request.envelopes.map((text) => ({ bytes: Buffer.from(text) }))));
}
await app.close();
