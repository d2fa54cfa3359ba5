/** Taps on each side of the centre, at the lower of the two rates: more makes the edge of the band steeper. */
const zeroCrossings = 16;

/**
 * Changes the sample rate of a sound that comes in pieces, by a windowed sinc (J. O. Smith, "Digital Audio Resampling"): all
 * that lies below the lower rate's half stays as it was, all above is gone. However the sound is cut, the result is the same.
 */
export class Resampler {
  readonly #from: number;
  readonly #to: number;
  readonly #phases: readonly Float64Array[];
  readonly #reach: number;
  /** Input that later output still needs; the sound before its beginning is silence. */
  #held: Float64Array;
  /** How much input came, and how much output went, in samples. */
  #taken = 0;
  #given = 0;

  constructor(fromHz: number, toHz: number) {
    const divisor = greatestDivisor(fromHz, toHz);
    this.#from = fromHz / divisor;
    this.#to = toHz / divisor;
    const cutoff = Math.min(1, toHz / fromHz);
    this.#reach = Math.ceil(zeroCrossings / cutoff);
    this.#phases = Array.from({ length: this.#to }, (_, phase) =>
      tapsAt(phase / this.#to, this.#reach, cutoff),
    );
    this.#held = new Float64Array(this.#reach);
  }

  /** What can be said for certain after these samples. */
  push(samples: Int16Array): Int16Array {
    const held = new Float64Array(this.#held.length + samples.length);
    held.set(this.#held);
    held.set(samples, this.#held.length);
    this.#held = held;
    this.#taken += samples.length;
    return this.#give(this.#taken - this.#reach);
  }

  /** The rest, as if silence followed. */
  end(): Int16Array {
    const wanted = Math.round((this.#taken * this.#to) / this.#from);
    const held = new Float64Array(this.#held.length + 2 * this.#reach);
    held.set(this.#held);
    this.#held = held;
    return this.#give(Infinity, wanted);
  }

  /** Output whose centre lies before input sample `before`. */
  #give(before: number, wanted = Infinity): Int16Array {
    const last = Math.min(Math.ceil((before * this.#to) / this.#from), wanted);
    const output = new Int16Array(Math.max(0, last - this.#given));
    // `held` begins `reach` samples before the input sample that this is.
    const first = Math.floor((this.#given * this.#from) / this.#to);
    for (let i = 0; i < output.length; i += 1) {
      const position = (this.#given + i) * this.#from;
      const at = Math.floor(position / this.#to) - first;
      output[i] = sum(this.#held, at, this.#phases[position % this.#to] ?? new Float64Array());
    }
    this.#given += output.length;
    this.#held = this.#held.subarray(Math.floor((this.#given * this.#from) / this.#to) - first);
    return output;
  }
}

/** A sound at another rate. */
export function resample(samples: Int16Array, fromHz: number, toHz: number): Int16Array {
  if (fromHz === toHz) return samples;
  const resampler = new Resampler(fromHz, toHz);
  const [start, rest] = [resampler.push(samples), resampler.end()];
  const whole = new Int16Array(start.length + rest.length);
  whole.set(start);
  whole.set(rest, start.length);
  return whole;
}

function sum(input: Float64Array, at: number, taps: Float64Array): number {
  let value = 0;
  for (let i = 0; i < taps.length; i += 1) value += (input[at + i] ?? 0) * (taps[i] ?? 0);
  return Math.max(-32_768, Math.min(32_767, Math.round(value)));
}

/** The weights of the samples around a place between two of them, which sum up to one. */
function tapsAt(offset: number, reach: number, cutoff: number): Float64Array {
  const taps = Float64Array.from({ length: 2 * reach }, (_, i) => {
    const x = i - reach - offset;
    return sinc(x * cutoff) * blackman(x / reach);
  });
  const total = taps.reduce((all, tap) => all + tap, 0);
  return taps.map((tap) => tap / total);
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

function blackman(x: number): number {
  return Math.abs(x) >= 1 ? 0 : 0.42 + 0.5 * Math.cos(Math.PI * x) + 0.08 * Math.cos(2 * Math.PI * x);
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}
