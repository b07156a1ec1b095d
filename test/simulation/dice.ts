/** Chance that a seed decides. Each `stream` of a seed rolls for itself: what one part draws does not shift the others. */
export type Dice = {
  /** Uniform in [0, 1). */
  float(): number;
  /** Whole, from 0 to n - 1. */
  below(n: number): number;
  between(min: number, max: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly [T, ...T[]]): T;
  /** One of whatever there is; undefined when there is nothing. */
  oneOf<T>(items: readonly T[]): T | undefined;
  uuid(): string;
  secret(bytes: number): string;
};

export const createDice = (seed: number, stream: string): Dice => {
  let state = mix(seed);
  for (const letter of stream) state = mix(state ^ (letter.codePointAt(0) ?? 0));

  const word = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    return mix(state);
  };
  const float = (): number => word() / 0x1_0000_0000;
  const below = (n: number): number => Math.floor(float() * n);
  const hex = (): string => word().toString(16).padStart(8, '0');
  return {
    float,
    below,
    between: (min, max) => min + float() * (max - min),
    chance: (probability) => float() < probability,
    pick: (items) => items[below(items.length)] ?? items[0],
    oneOf: (items) => items[below(items.length)],
    uuid: () => {
      const [a, b, c, d] = [hex(), hex(), hex(), hex()];
      return `${a}-${b.slice(4)}-4${b.slice(1, 4)}-8${c.slice(5)}-${c.slice(0, 4)}${d}`;
    },
    secret: (bytes) =>
      Array.from({ length: Math.ceil(bytes / 4) }, hex)
        .join('')
        .slice(0, 2 * bytes),
  };
};

const mix = (value: number): number => {
  let word = value >>> 0;
  word = Math.imul(word ^ (word >>> 16), 0x21f0aaad);
  word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
  return (word ^ (word >>> 15)) >>> 0;
};
