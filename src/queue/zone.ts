/** Longer than any clock change, and than the time between a zone and UTC. */
const DAY_MS = 24 * 3_600_000;

/** One wall clock: what it shows at an instant, and when it shows a time. All in milliseconds. */
export class Zone {
  readonly #format: Intl.DateTimeFormat;

  /** @throws RangeError when there is no such zone. */
  constructor(name: string) {
    this.#format = new Intl.DateTimeFormat('en-US-u-hc-h23-ca-gregory', {
      timeZone: name,
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  /** How far the wall clock is ahead of UTC at this instant. */
  offset(instant: number): number {
    const part: Record<string, number> = {};
    for (const { type, value } of this.#format.formatToParts(instant)) part[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
    const seconds = Math.floor(instant / 1000) * 1000;
    return Date.UTC(year, month - 1, day, hour, minute, second) - seconds;
  }

  /** The wall clock, as if it were UTC. */
  wall(instant: number): number {
    return instant + this.offset(instant);
  }

  /** When the wall clock first shows this time; the end of the gap when a clock change skips it. */
  first(wall: number): number {
    const [before, after] = [this.offset(wall - DAY_MS), this.offset(wall + DAY_MS)];
    const [early, late] = [wall - Math.max(before, after), wall - Math.min(before, after)];
    if (this.wall(early) === wall) return early;
    if (this.wall(late) === wall) return late;
    return this.changeBetween(early, late) ?? late;
  }

  /** The first instant after `from`, and not after `to`, at which the offset is another. */
  changeBetween(from: number, to: number): number | undefined {
    const offset = this.offset(from);
    if (this.offset(to) === offset) return undefined;
    let [same, other] = [from, to];
    while (other - same > 1) {
      const middle = Math.floor((same + other) / 2);
      if (this.offset(middle) === offset) same = middle;
      else other = middle;
    }
    return other;
  }

  /** The clock change that made the wall clock show this instant's time again, if one did. */
  repeatedBy(instant: number): number | undefined {
    const wall = this.wall(instant);
    const first = this.first(wall);
    return first === instant || this.wall(first) !== wall
      ? undefined
      : this.changeBetween(first, instant);
  }
}
