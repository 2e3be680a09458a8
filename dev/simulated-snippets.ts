// Small programs for the simulated model to show: each does what it says and can be pasted and run.

export type Snippet = { title: string; fence: string; code: string; why: string };

const snippets: Record<string, Snippet> = {
  typescript: {
    title: "a debounce that keeps its types",
    fence: "ts",
    code: `/** Calls \`run\` once, \`ms\` after the last call. */
export function debounce<Args extends unknown[]>(run: (...args: Args) => void, ms: number) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return (...args: Args): void => {
    clearTimeout(timer);
    timer = setTimeout(() => run(...args), ms);
  };
}

const save = debounce((text: string) => console.log("saved", text), 300);
save("h");
save("hello"); // only this one is saved`,
    why: "Each call cancels the one before it, so only the last of a burst survives.",
  },
  python: {
    title: "a cache that forgets what was not used for longest",
    fence: "python",
    code: `from collections import OrderedDict


class LruCache:
    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.items: OrderedDict[str, object] = OrderedDict()

    def get(self, key: str) -> object | None:
        if key not in self.items:
            return None
        self.items.move_to_end(key)
        return self.items[key]

    def put(self, key: str, value: object) -> None:
        self.items[key] = value
        self.items.move_to_end(key)
        if len(self.items) > self.capacity:
            self.items.popitem(last=False)


cache = LruCache(2)
cache.put("a", 1)
cache.put("b", 2)
cache.get("a")
cache.put("c", 3)
print(list(cache.items))  # ['a', 'c']`,
    why: "An ordered dictionary already knows the order; reading a key only has to move it to the end.",
  },
  rust: {
    title: "counting words without copying them",
    fence: "rust",
    code: `use std::collections::HashMap;

fn count_words(text: &str) -> HashMap<&str, usize> {
    let mut counts = HashMap::new();
    for word in text.split_whitespace() {
        *counts.entry(word).or_insert(0) += 1;
    }
    counts
}

fn main() {
    let counts = count_words("to be or not to be");
    assert_eq!(counts["to"], 2);
    println!("{counts:?}");
}`,
    why: "The map borrows its keys from the text, so nothing is allocated per word.",
  },
  go: {
    title: "a worker pool that ends cleanly",
    fence: "go",
    code: `package main

import (
	"fmt"
	"sync"
)

func main() {
	jobs := make(chan int)
	var group sync.WaitGroup
	for range 3 {
		group.Add(1)
		go func() {
			defer group.Done()
			for n := range jobs {
				fmt.Println(n, "squared is", n*n)
			}
		}()
	}
	for n := 1; n <= 9; n++ {
		jobs <- n
	}
	close(jobs)
	group.Wait()
}`,
    why: "Closing the channel tells every worker that no more work comes; the group waits for the last of them.",
  },
  sql: {
    title: "the newest row of each group",
    fence: "sql",
    code: `select distinct on (conversation_id)
       conversation_id, id, created_at, text
  from messages
 order by conversation_id, created_at desc;`,
    why: "`distinct on` keeps the first row of each group, and the order says which one is first (PostgreSQL).",
  },
  bash: {
    title: "the ten largest files below a folder",
    fence: "bash",
    code: `#!/usr/bin/env bash
set -euo pipefail

find "\${1:-.}" -type f -printf '%s\\t%p\\n' \\
  | sort -rn \\
  | head -n 10 \\
  | numfmt --field=1 --to=iec`,
    why: "`pipefail` makes a failure in the middle of the pipe the script's own failure.",
  },
  html: {
    title: "a card that follows the reader's light or dark theme",
    fence: "html",
    code: `<article class="card">
  <h2>Hello</h2>
  <p>No script, no framework.</p>
</article>

<style>
  :root { color-scheme: light dark; }
  .card {
    max-width: 40ch;
    padding: 1rem 1.5rem;
    border-radius: 0.75rem;
    background: light-dark(#fff, #1c1c22);
    color: light-dark(#222, #eee);
    box-shadow: 0 1px 4px rgb(0 0 0 / 0.2);
  }
</style>`,
    why: "`light-dark()` picks a colour by `color-scheme`, so there is one rule in place of two.",
  },
  json: {
    title: "a small document",
    fence: "json",
    code: `{
  "name": "brink",
  "tags": ["chat", "edge"],
  "limits": { "messagesPerMinute": 20 },
  "simulated": true
}`,
    why: "Strings in double quotes, no comments, no comma after the last entry.",
  },
};

const spoken: [RegExp, string][] = [
  [/\b(python|py)\b/i, "python"],
  [/\brust\b/i, "rust"],
  [/\b(golang|go (code|program|function))\b|\bin go\b/i, "go"],
  [/\b(sql|postgres|query|queries)\b/i, "sql"],
  [/\b(bash|shell|command line|terminal)\b/i, "bash"],
  [/\b(html|css|web ?page)\b/i, "html"],
  [/\bjson\b/i, "json"],
];

/** The snippet in the language that the message names; TypeScript where it names none. */
export function chooseSnippet(message: string): Snippet {
  const name = spoken.find(([pattern]) => pattern.test(message))?.[1] ?? "typescript";
  const snippet = snippets[name];
  if (snippet === undefined) throw new Error(`no snippet in ${name}`);
  return snippet;
}
