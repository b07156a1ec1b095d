/** A member of a group, and which partitions it has the state of: to keep these costs it little. */
export type Sharer = { id: string; owned: readonly number[] };

/**
 * Each partition to one member, as evenly as can be, and to the one that has its state wherever that leaves it even. Of two that
 * say they have it the first gets it.
 */
export const shareOut = (partitions: readonly number[], members: readonly Sharer[]): Map<string, number[]> => {
  const shares = new Map(members.map(({ id }): [string, number[]] => [id, []]));
  const left = new Set(partitions);
  const least = Math.floor(partitions.length / members.length);
  let larger = partitions.length % members.length;
  const byOwned = [...members].sort((a, b) => b.owned.length - a.owned.length);
  for (const { id, owned } of byOwned) {
    const mine = owned.filter((partition) => left.has(partition));
    const most = mine.length > least && larger > 0 ? least + 1 : least;
    if (most > least) larger--;
    for (const partition of mine.slice(0, most)) {
      left.delete(partition);
      shares.get(id)?.push(partition);
    }
  }
  for (const partition of left) {
    const [smallest] = [...shares.values()].sort((a, b) => a.length - b.length);
    smallest?.push(partition);
  }
  return shares;
};
