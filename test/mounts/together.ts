/** Events that the capturing program captures together: one group, one commit. */
export const TOGETHER = 3;
