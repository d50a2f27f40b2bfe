import type { OriginFields } from '../dispatch/ports.js';

/** The columns of an origin as every query gives them. */
export interface OriginColumns {
  readonly originId: number;
  readonly projectUuid: string;
  readonly repoSlug: string;
  readonly checkout: string;
  readonly eventType: string;
}

/** Origin columns use empty text for "none"; everything else uses null. */
export function originFields(row: Omit<OriginColumns, 'originId'>): OriginFields {
  return {
    projectUuid: row.projectUuid || null,
    repoSlug: row.repoSlug || null,
    checkout: row.checkout || null,
    eventType: row.eventType,
  };
}
