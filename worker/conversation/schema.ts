// The object's SQLite: created by the first send, never by a look. Messages hang in a tree by `parent_seq`; `seq` is
// their order and the key of everything about them.

/** One row, as JSON: it is read and written whole, and each column would be parsed and bound three times a question. */
export const CONVERSATION =
  "create table conversation (one integer primary key check (one = 1), record text not null);";

/** Every CREATE is paid by each new conversation in rows and milliseconds: three tables, one index. */
export const SCHEMA = `${CONVERSATION}
create table message (
  seq integer primary key,
  id text not null unique,
  parent_seq integer,
  role text not null,
  text text not null,
  state text,
  model text,
  generation_id text,
  attempt integer,
  keeps text,
  base integer,
  length integer,
  started_at integer,
  finish_reason text,
  error text,
  input_tokens integer,
  output_tokens integer,
  cost_usd real,
  cached integer not null default 0,
  params text,
  rev integer not null,
  refused_tries integer not null default 0,
  created_at integer not null
);
/* Runs of one part's text, or an op (part is null). The key is seq * 2^21 + offset: one integer, in log order. */
create table segment (
  key integer primary key,
  part integer,
  body text not null
);`;

/**
 * The generations of continued messages, made when one is first continued: `record` is what an earlier one was, null for
 * the message's newest. Other generations are found by their message's id.
 */
export const GENERATIONS = `
create table if not exists generation (
  id text primary key,
  seq integer not null,
  record text
) without rowid;`;

/** A log holds at most 2^20 positions and one frame more, so an offset always fits below the message's number. */
export const OFFSETS_PER_MESSAGE = 2 ** 21;

/** A segment's text is closed past this, in UTF-16 units: rewriting a growing row costs its length each time. */
export const SEGMENT_LENGTH = 262_144;
