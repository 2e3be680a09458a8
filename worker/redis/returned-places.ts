// Places among the live answers that were given back, gathered for a moment: however many answers ended in it, one
// request says so. A request of its own was a seventh of what a short answer cost. Places of a user who sends again
// meanwhile travel ahead of that send's verdict instead, so that nobody is refused for an answer that has ended here.

import { onceAMoment } from "../core/moment.ts";

const MOMENT_MS = 200; // So much longer other isolates count an ended answer: a round trip or two.

/** By user, the places to give back. */
export type Places = ReadonlyMap<string, readonly string[]>;

export type ReturnedPlaces = {
  /** Settles when it was said, or when it was taken along by `take` and the rest was said. Never rejects. */
  add(user: string, place: string): Promise<void>;
  /** What of a user has not been said yet: the caller says it. */
  take(user: string): readonly string[];
};

/** `say` never rejects. `now` in milliseconds since the epoch. */
export function createReturnedPlaces(say: (places: Places) => Promise<void>, now: () => number): ReturnedPlaces {
  let waiting = new Map<string, string[]>();
  const sayAll = async () => {
    const places = waiting;
    waiting = new Map();
    if (places.size > 0) await say(places);
  };
  const saySoon = onceAMoment(sayAll, MOMENT_MS, now, (ms, run) => setTimeout(run, ms));

  return {
    add(user, place) {
      const places = waiting.get(user);
      if (places === undefined) waiting.set(user, [place]);
      else places.push(place);
      return saySoon();
    },
    take(user) {
      const places = waiting.get(user) ?? [];
      waiting.delete(user);
      return places;
    },
  };
}
