// How many of a user's starts are out for a verdict: each may be let in, so whoever has as many out as he may have
// answers hears the next verdict before the model is called. One isolate's memory, of what is under way in it.

const undecided = new Map<string, number>();

/** @returns how many are out beside this one, which is until `noteDecided` says otherwise. */
export function noteUndecided(user: string): number {
  const others = undecided.get(user) ?? 0;
  undecided.set(user, others + 1);
  return others;
}

export function noteDecided(user: string): void {
  const left = (undecided.get(user) ?? 0) - 1;
  if (left > 0) undecided.set(user, left);
  else undecided.delete(user);
}
