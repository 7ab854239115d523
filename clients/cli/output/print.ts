/** Values that JSON does not know as it does: int64 as decimal text, arrays of numbers as arrays, moments in ISO 8601. */
function replacer(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  return ArrayBuffer.isView(value) && !(value instanceof DataView) ? Array.from(value as Float32Array) : value;
}

/** Prints one JSON document on a line of its own. */
export function printJson(value: unknown): void {
  console.log(JSON.stringify(value, replacer));
}

/** Prints a result: as JSON where it was asked for, else for people. */
export function printResult(json: boolean | undefined, value: unknown, forPeople: () => string): void {
  if (json === true) printJson(value);
  else console.log(forPeople());
}
