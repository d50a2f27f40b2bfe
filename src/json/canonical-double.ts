/**
 * The canonical spelling of a number that has a `.` or an exponent, and so is an
 * IEEE double. It is always written with an exponent, which keeps `1.0` apart
 * from `1`, and keeps the sign of zero.
 */
export function canonicalDouble(literal: string): string {
  const value = Number(literal);
  if (Object.is(value, -0)) return '-0e+0';
  // Too large for a double: equal to each other, but not to the bare literal Infinity.
  if (!Number.isFinite(value)) return value < 0 ? '-1e+999' : '1e+999';
  return value.toExponential();
}
