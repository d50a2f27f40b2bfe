const TYPES = ['OrderPlaced', 'OrderPaid', 'OrderPacked', 'OrderShipped'] as const;
const CITIES = ['Aarhus', 'Århus', 'Bogotá', '札幌', 'Zürich'] as const;

/** Events as a busy afternoon of a shop would leave them. */
export function demoEvents(count: number, startedAt: number): Record<string, unknown>[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `evt_${String(i + 1).padStart(4, '0')}`,
    type: TYPES[i % TYPES.length],
    time: new Date(startedAt + i * 1_500).toISOString(),
    order: 1_000 + Math.floor(i / TYPES.length),
    city: CITIES[i % CITIES.length],
    total: { amount: ((i * 737) % 20_000) / 100, currency: 'EUR' },
  }));
}
