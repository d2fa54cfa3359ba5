/** Part of what engines' sound depends on: other taps, other version. */
export const resamplerVersion = 1;

/** Zero crossings of the sinc on each side, at the lower of both rates. */
const crossings = 32;
/** Kaiser's window of this shape leaves −90 dB beside the pass band. */
const beta = 9;
/** The cutoff's share of the lower Nyquist frequency: the edge of `crossings` and `beta` takes the same again on both sides. */
const cutoffShare = 0.91;

/** Taps take 30 ms to compute, and engines have few rates. */
const known = new Map<string, Float32Array>();

/**
 * Turns samples of one rate into samples of another as they come, with a windowed sinc whose taps are computed once (a polyphase
 * filter; J. O. Smith, "Digital Audio Resampling"). How the samples are cut into chunks makes no difference to the result.
 */
export class Resampler {
  /** Output sample n lies at input sample n · down / up. */
  readonly #up: number;
  readonly #down: number;
  readonly #half: number;
  /** `up` filters of 2 · `half` taps, one after another: one for each place between two input samples. */
  readonly #taps: Float32Array;
  /** The input samples that are still needed, from input sample `first` on. */
  #kept: Float32Array;
  #first: number;
  #taken = 0;
  #given = 0;

  constructor(fromHz: number, toHz: number) {
    const shared = greatestCommonDivisor(fromHz, toHz);
    this.#up = toHz / shared;
    this.#down = fromHz / shared;
    const lowerShare = Math.min(1, toHz / fromHz);
    this.#half = fromHz === toHz ? 0 : Math.ceil(crossings / lowerShare);
    const key = `${fromHz} ${toHz}`;
    this.#taps = known.get(key) ?? tapsOf(this.#up, this.#half, lowerShare * cutoffShare);
    known.set(key, this.#taps);
    // Silence before the first sample, for the filter to reach into.
    this.#kept = new Float32Array(this.#half);
    this.#first = -this.#half;
  }

  /** What can be said of the output once these samples are known. */
  push(samples: Int16Array): Int16Array {
    if (this.#half === 0) return samples.slice();
    this.#keep(samples);
    this.#taken += samples.length;
    return this.#give(Math.max(0, Math.ceil(((this.#taken - this.#half) * this.#up) / this.#down)));
  }

  /** The rest, as if silence followed: all in all n · to / from samples, rounded. Nothing may be pushed afterwards. */
  end(): Int16Array {
    this.#keep(new Int16Array(this.#half + 1));
    return this.#half === 0
      ? new Int16Array()
      : this.#give(Math.round((this.#taken * this.#up) / this.#down));
  }

  #keep(samples: Int16Array): void {
    const unneeded = Math.floor((this.#given * this.#down) / this.#up) - this.#half + 1 - this.#first;
    const before = this.#kept.subarray(Math.min(this.#kept.length, Math.max(0, unneeded)));
    this.#first += this.#kept.length - before.length;
    const kept = new Float32Array(before.length + samples.length);
    kept.set(before);
    kept.set(samples, before.length);
    this.#kept = kept;
  }

  #give(until: number): Int16Array {
    const out = new Int16Array(Math.max(0, until - this.#given));
    for (let i = 0; i < out.length; i++) {
      const at = (this.#given + i) * this.#down;
      const from = Math.floor(at / this.#up) - this.#half + 1 - this.#first;
      out[i] = Math.max(-32_768, Math.min(32_767, Math.round(this.#filtered(from, at % this.#up))));
    }
    this.#given += out.length;
    return out;
  }

  #filtered(from: number, phase: number): number {
    const [kept, taps, width] = [this.#kept, this.#taps, 2 * this.#half];
    const row = phase * width;
    let sum = 0;
    for (let k = 0; k < width; k++) sum += (kept[from + k] ?? 0) * (taps[row + k] ?? 0);
    return sum;
  }
}

function tapsOf(up: number, half: number, cutoff: number): Float32Array {
  const width = 2 * half;
  const taps = new Float32Array(up * width);
  for (let phase = 0; phase < up; phase++) {
    const row = Array.from({ length: width }, (_, k) => tap(k - half + 1 - phase / up, half, cutoff));
    // Each filter lets a constant through unchanged, so that none is louder than the next.
    const sum = row.reduce((total, each) => total + each, 0);
    for (const [k, each] of row.entries()) taps[phase * width + k] = each / sum;
  }
  return taps;
}

function tap(x: number, half: number, cutoff: number): number {
  const inside = 1 - (x / half) ** 2;
  if (inside <= 0) return 0;
  const sinc = x === 0 ? 1 : Math.sin(Math.PI * cutoff * x) / (Math.PI * cutoff * x);
  return sinc * bessel0(beta * Math.sqrt(inside));
}

/** The modified Bessel function of order 0, by its series. */
function bessel0(x: number): number {
  let [sum, term] = [1, 1];
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
