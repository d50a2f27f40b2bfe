/** The journal never saw this id; 64 on the command line. */
export class UnknownEventError extends Error {
  override readonly name = 'UnknownEventError';
  constructor(readonly eventId: string) {
    super(`the journal has no event ${eventId}`);
  }
}
