// The object's SQLite: created by the first send, never by a look. Messages hang in a tree by `parent`, a `seq`; `seq` is
// their order and the key of everything about them.

/** A log holds at most 2^20 positions and one frame more, so an offset always fits below the message's number. */
export const KEYS_PER_MESSAGE = 2 ** 21;

/** The key of a message; behind it come those of its log. */
export const keyOf = (seq: number): number => seq * KEYS_PER_MESSAGE;

/** The key of a row that begins at a position of a message's log. */
export const keyAt = (seq: number, position: number): number => keyOf(seq) + 1 + position;

/**
 * One table, in the order in which a conversation is read. At key 0 the conversation; at seq * 2^21 a message; behind it,
 * at its offset + 1, each run of one part's text of its log, or an op (`part` is null). A connection parses every CREATE
 * thrice, and each conversation has one of its own: a table for each of the three, with a column for each field, was a
 * twentieth of what it cost to start one.
 *
 * `id`, `parent`: of a message. `length`: of an answer's log, when it was last stored; null for what a person said.
 * `writer`: `GENERATION.ATTEMPT` while an answer is being written. `record`: the conversation, or what else there is to
 * say of a message, as JSON. `body`: a person's words, a run's text, an op; of an answer the run of part 0 that its log
 * begins with, or as much of that as the life that began it stored. Last, since it may be long.
 *
 * Until November 2026 it was called `entry`, and an answer's text stood behind its message's row only: that version would
 * take what we store for empty answers, so it must not find it.
 */
export const SCHEMA = `create table ledger (
  key integer primary key,
  id text,
  parent integer,
  length integer,
  writer text,
  part integer,
  record text,
  body text
);`;

/** So many messages are looked through by id; from then on there is an index. Most conversations never need one. */
export const UNINDEXED_MESSAGES = 16;
export const INDEX = "create unique index message_id on ledger (id) where id is not null";

/**
 * No run is longer, in UTF-16 units: rewriting a growing row costs its length each time, and a row may hold 2 MB, of
 * which a run takes at most three bytes a unit.
 */
export const RUN_LENGTH = 262_144;
