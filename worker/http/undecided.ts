// How many of a user's starts are out for a verdict: each may be let in, so whoever has as many out as he may have
// answers hears the next verdict before the model is called. One isolate's memory, of what is under way in it.

// No verdict takes as long. A request whose client has left is ended without a word, so nothing is waited for longer.
const LAPSE_MS = 10_000;

/** When each began, by user. */
const undecided = new Map<string, number[]>();

/** @returns how many are out beside this one, which is until `noteDecided` says otherwise. */
export function noteUndecided(user: string, now: number): number {
  const others = (undecided.get(user) ?? []).filter((at) => now - at < LAPSE_MS);
  undecided.set(user, [...others, now]);
  return others.length;
}

export function noteDecided(user: string, beganAt: number): void {
  const out = undecided.get(user) ?? [];
  const index = out.indexOf(beganAt);
  const left = out.filter((_, at) => at !== index);
  if (left.length > 0) undecided.set(user, left);
  else undecided.delete(user);
}
