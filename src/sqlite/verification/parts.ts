/** What is checked side by side: the digests, and everything else. */
export type VerifyPart = 'digests' | 'others';

/** The check that stands last, whoever made it. */
export const LAST_CHECK = 'integrity';

/** Which part a check is of, by its name. */
export const partOf = (check: string): VerifyPart => (check === 'digests' ? 'digests' : 'others');
