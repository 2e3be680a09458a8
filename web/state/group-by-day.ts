// A list of conversations in the groups a person would make of it: what was pinned, then today, yesterday, this week, and
// the months.

import type { ConversationItem } from "../../protocol/api.ts";

export type Group = { name: string; items: ConversationItem[] };

const DAY_MS = 86_400_000;

/** Keeps the order; days are those of the person's own clock, and of `locale`'s months. */
export function groupByDay(items: readonly ConversationItem[], now: number, locale?: string): Group[] {
  const pinned = items.filter((item) => item.pinned);
  const groups: Group[] = pinned.length === 0 ? [] : [{ name: "Pinned", items: pinned }];
  for (const item of items) {
    if (item.pinned) continue;
    const name = nameOfDay(new Date(item.updatedAt), new Date(now), locale);
    const last = groups.at(-1);
    if (last?.name === name) last.items.push(item);
    else groups.push({ name, items: [item] });
  }
  return groups;
}

function nameOfDay(day: Date, now: Date, locale?: string): string {
  // Rounded, because a day is 23 or 25 hours long when clocks change.
  const daysAgo = Math.round((startOfDay(now) - startOfDay(day)) / DAY_MS);
  if (daysAgo <= 0) return "Today";
  if (daysAgo === 1) return "Yesterday";
  if (daysAgo < 7) return "Last 7 days";
  if (daysAgo < 30) return "Last 30 days";
  const isThisYear = day.getFullYear() === now.getFullYear();
  return day.toLocaleDateString(locale, { month: "long", ...(!isThisYear && { year: "numeric" }) });
}

function startOfDay(day: Date): number {
  return new Date(day.getFullYear(), day.getMonth(), day.getDate()).getTime();
}
