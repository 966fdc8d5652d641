/**
 * Does all of it, at most `width` at a time; the results are in the order of what they are of. After a failure nothing
 * more is begun.
 */
export async function pooled<T, R>(
  width: number,
  items: readonly T[],
  perform: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = [...items.entries()].reverse();
  const work = async (): Promise<void> => {
    for (let next = queue.pop(); next; next = queue.pop()) {
      const [index, item] = next;
      try {
        results[index] = await perform(item, index);
      } catch (thrown) {
        queue.length = 0;
        throw thrown;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, work));
  return results;
}
