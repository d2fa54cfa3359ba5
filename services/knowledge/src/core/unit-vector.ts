/** The vector at length one, as float32; undefined for one without a direction (zeros) or with what is no number. */
export function toUnit(values: ArrayLike<number>): Float32Array | undefined {
  const unit = Float32Array.from(values);
  const length = Math.sqrt(dot(unit, unit));
  if (!Number.isFinite(length) || length === 0) return undefined;
  return unit.map((value) => value / length);
}

/** Whether a vector has length one, up to float32's rounding. */
export function isUnit(values: Float32Array): boolean {
  return Math.abs(dot(values, values) - 1) < 1e-3;
}

/** The cosine of two unit vectors of the same dimensions. */
export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}
