import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * Binds a plan to what it counted: a seal of one start of the observatory fits
 * the plan that it was made for, with the counts it had then, and no other.
 */
export class Seals {
  readonly #key = randomBytes(32);

  of(plan: unknown): string {
    return createHmac('sha256', this.#key).update(JSON.stringify(plan)).digest('base64url');
  }

  fits(seal: string, plan: unknown): boolean {
    const wanted = Buffer.from(this.of(plan));
    const given = Buffer.from(seal);
    return wanted.length === given.length && timingSafeEqual(wanted, given);
  }
}
