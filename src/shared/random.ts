/** Where chance comes from: the machine, or a seed. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
}

export const systemRandom: Random = { next: Math.random };

/** A whole number in [0, below). */
export function below(random: Random, limit: number): number {
  return Math.floor(random.next() * limit);
}

/** The first `count` of the items in random order, all where there are fewer: a partial Fisher–Yates shuffle of a copy. */
export function pick<T>(random: Random, items: readonly T[], count: number): T[] {
  const rest = [...items];
  const wanted = Math.min(count, rest.length);
  for (let i = 0; i < wanted; i++) {
    const j = i + below(random, rest.length - i);
    [rest[i], rest[j]] = [rest[j] as T, rest[i] as T];
  }
  rest.length = wanted;
  return rest;
}

/** A generator whose numbers are a pure function of its 32-bit seed (splitmix32, after Steele et al., OOPSLA 2014). */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return {
    next() {
      state = (state + 0x9e3779b9) >>> 0;
      let z = state;
      z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      return ((z ^ (z >>> 15)) >>> 0) / 0x1_0000_0000;
    },
  };
}
