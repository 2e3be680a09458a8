// What a send reads of its branch: what people said and what was answered, as far as it fits in a prompt.

import type { PromptMessage } from "../core/prompt.ts";
import type { CountedSql } from "./counted-sql.ts";
import { KEYS_PER_MESSAGE, keyOf } from "./schema.ts";

const READ_TOGETHER = 10; // Messages, by one query.

/**
 * The branch that ends in `leaf`, oldest first: at most `limit` messages of it, and no more than `length` UTF-16 units
 * and the message that goes past them. Read from the leaf: answers as far as they fit, and with them at most nine
 * messages of people that do not.
 */
export function readPromptBranch(sql: CountedSql, leaf: number, limit: number, length: number): PromptMessage[] {
  const rows = sql.read(
    `with recursive branch (key, parent, length, depth) as (
       select key, parent, length, 1 from ledger where key = ?
       union all
       select m.key, m.parent, m.length, depth + 1 from ledger m
       join branch on m.key = branch.parent * ${KEYS_PER_MESSAGE} where depth < ?
     ) select key / ${KEYS_PER_MESSAGE} as seq, length from branch order by depth`,
    keyOf(leaf),
    limit,
  );
  const branch: PromptMessage[] = [];
  for (let [first, left] = [0, length]; first < rows.length && left >= 0;) {
    // Read together as far as they fit, by the length that an answer's row has; what people said has none, and a bound.
    let last = first;
    for (let fit = left; last < rows.length && last - first < READ_TOGETHER && fit >= 0; last++) {
      fit -= Number(rows[last]?.["length"] ?? 0);
    }
    const some = rows.slice(first, last);
    const texts = readTexts(
      sql,
      some.map((row) => Number(row["seq"])),
    );
    for (const row of some) {
      const content = texts.get(Number(row["seq"])) ?? "";
      if (left >= 0) branch.push({ role: row["length"] === null ? "user" : "assistant", content });
      left -= content.length;
    }
    first = last;
  }
  return branch.reverse();
}

/** The words of so many messages, by `seq`: what people said, and of answers what is no reasoning. */
function readTexts(sql: CountedSql, seqs: readonly number[]): Map<number, string> {
  const rows = sql.read(
    `select j.value as seq, e.body from json_each(?) j
     cross join ledger e on e.key >= j.value * ${KEYS_PER_MESSAGE} and e.key < (j.value + 1) * ${KEYS_PER_MESSAGE}
     where e.part = 0 or e.id is not null order by e.key`,
    JSON.stringify(seqs),
  );
  const texts = new Map<number, string>();
  for (const row of rows) {
    const seq = Number(row["seq"]);
    texts.set(seq, (texts.get(seq) ?? "") + String(row["body"] ?? ""));
  }
  return texts;
}
