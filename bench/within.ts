// Waits, but not for ever.

/** Rejects with a sentence after so many milliseconds; what was waited for may go on. */
export async function within<T>(ms: number, what: string, waited: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`${what} did not end within ${ms / 1_000} s`)), ms);
  try {
    return await Promise.race([waited, late]);
  } finally {
    clearTimeout(timer);
  }
}
