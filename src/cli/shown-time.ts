/** An ISO time, or the number itself where no date is so far away: one odd row hides no other. */
export function shownTime(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? `unreadable (${ms})` : date.toISOString();
}
