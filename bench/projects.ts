/** So many different projects, always the same. */
export function projectUuids(count: number, group = 1): string[] {
  return Array.from({ length: count }, (_, i) => {
    const number = String(i + 1).padStart(12, '0');
    return `5f0c${String(group).padStart(4, '0')}-1111-4222-8333-${number}`;
  });
}
