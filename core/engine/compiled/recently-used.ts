/** Values by key, of which only those used last are kept. */
export interface RecentlyUsed<Value> {
  /** The value of a key, made if it is not there. */
  get(key: string, make: () => Value): Value;
}

/** @param forget called with each value that is not kept any more */
export function recentlyUsed<Value>(capacity: number, forget: (value: Value) => void): RecentlyUsed<Value> {
  // A Map keeps the order of insertion: what is used is inserted again.
  const values = new Map<string, Value>();
  return {
    get: (key, make) => {
      const known = values.get(key);
      const value = known ?? make();
      values.delete(key);
      values.set(key, value);
      const [oldest] = values;
      if (values.size > capacity && oldest !== undefined) {
        values.delete(oldest[0]);
        forget(oldest[1]);
      }
      return value;
    },
  };
}
