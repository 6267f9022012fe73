/**
 * Gives a collection of parts in its order after second-class deltas. Parts keep their places and new ones stand last; where
 * the deltas other than DELETE name every part that is left, their order is meant. `named` are their tech-ids in order.
 */
export function orderParts<P>(parts: ReadonlyMap<string, P>, named: readonly string[]): P[] {
  const order = new Set(named);
  const isWhole = order.size >= parts.size && [...parts.keys()].every((techId) => order.has(techId));
  if (!isWhole) return [...parts.values()];
  return [...order].flatMap((techId) => {
    const part = parts.get(techId);
    return part === undefined ? [] : [part];
  });
}
