/** What a home says about events and deliveries, as far as the model has it too. */
export interface Observed {
  /** In the order of the journal. */
  readonly events: readonly SeenEvent[];
  readonly conflicts: readonly string[];
  /** Spool files that are still to be taken in, and those that were. */
  readonly waiting: number;
  readonly ingested: number;
  /** By the name of the server. */
  readonly targets: Readonly<Record<string, SeenTarget>>;
}

export interface SeenEvent {
  readonly id: string;
  /** Of its bytes, wherever they are; of those that are gone, what their record says. */
  readonly sha256: string;
  readonly source: string;
  readonly eventClass: string;
  readonly place: string;
}

export interface SeenTarget {
  readonly retired: boolean;
  readonly resumeAt: number | null;
  readonly passNo: number;
  readonly deliveries: Readonly<Record<number, SeenDelivery>>;
  readonly history: readonly string[];
  readonly replayed: readonly number[];
  readonly inFlight: readonly number[];
}

export interface SeenDelivery {
  readonly status: string;
  readonly attempts: number;
  readonly rejections: number;
  readonly generation: number;
  readonly due: number | null;
}

/** What a drain has in its hands at one moment, and what the ledger would do with what is given back. */
export interface SeenFlight {
  readonly inFlight: readonly number[];
  /** Planned by name, and never attempted. */
  readonly owed: ReadonlySet<number>;
  /** How far first attempts have come, by lane. */
  readonly cursors: ReadonlyMap<string, number>;
}
