// A small seeded generator of numbers (mulberry32, Tommy Ettinger): the same seed tells the same history for ever.

export type Random = {
  /** A whole number from 0 up to and without `limit`. */
  below(limit: number): number;
  /** True in about `one` of `in` cases. */
  chance(one: number, of: number): boolean;
  pick<Item>(items: readonly [Item, ...Item[]]): Item;
};

export function createRandom(seed: number): Random {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b);
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    below,
    chance: (one, of) => below(of) < one,
    pick: (items) => items[below(items.length)] ?? items[0],
  };
}
