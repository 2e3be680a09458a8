// For tests: an answer that uses everything, and the pieces from which random answers are put together.

export const SAMPLE = `# Tides & the moon

The moon pulls *harder* on the **near** side — that is \`F = G·m₁·m₂/r²\`, and ~~nothing~~ much else.
A second line with a [link](https://example.org/a_(b)?q=1&r=2 "title") and https://example.com/x, 😀 *a **b** c*.

Heading by underline
====================

Another
-------

- first
- second, with a nested list:
  1. one
  2. two

     and a paragraph

- [ ] open task
- [x] done **task**
* another list
+ and another

3. starts at three
4. four

> quoted
lazy line
> > deeper
> \`\`\`js
> const a = "<b>";
> \`\`\`

\`\`\`ts
function tide(hours: number): number {
  return Math.cos((hours / 12.42) * 2 * Math.PI);
}

// a blank line above
\`\`\`

    indented code

    after a blank

| left | centre | right |
|:-----|:------:|------:|
| a    | \\| b   | 1     |
| c    | d

Text right after
| no | table
---
***
Last words with a hard\\
break and an entity &copy; &amp; an <b>HTML</b> tag <script>alert(1)</script>.

~~~
an unclosed fence
# not a heading
`;

export const WITH_REFERENCES = `See [the page][p] and [p], also ![a picture][p].

> [q]: https://example.org/q

Then [q] twice.

[p]: https://example.org/p "P"
[p]: https://example.org/second

- [p]
- [later]

[later]: <https://example.org/later>
`;

export const WITH_FORMULAS = String.raw`Let \(a_1 * b\,c\) cost $5, or $x_i$*k*.
\[
a
= b \\
- c
\]
and $$x$$ then
$$\begin{pmatrix} 1
# 2
\end{pmatrix}$$

1. In a list
   \[ x^2 \]
   - $$
     y
     $$
2. \[1\] and \[
   > z

\[ never
- closed

| $a$ | \(b\) |
|---|---|

> $$
> q
lazy
> $$

Last $\frac{1}{2`;

/** Pieces that start, end or continue blocks, or look as if they did. */
export const PIECES = [
  "word", " ", "\n", "\n\n", "\n", "  ", "    ", "\t", "- ", "* ", "+ ", "1. ", "2) ", "# ", "#", "## ", "> ", ">",
  "```", "```js\n", "~~~\n", "`", "``", "*", "**", "_", "~~", "---", "===", "- - -", "|", "a | b", "\n|---|:-:|\n",
  "[x]", "[ ] ", "[a](https://a.example)", "![i](https://i.example)", "<b>", "</b>", "<!--", "\\", "&amp;", "&",
  "https://b.example/c", "\r\n", "\r", "😀", "é", "\u2028", "\0", "-", "=", ":", "(", ")", "!", "[", "]",
  "$", "$$", "\\[", "\\]", "\\(", "\\)", "\\[\n", "\n\\]\n", "\n$$\n", "$x$",
]; // prettier-ignore

export const REFERENCE_PIECES = ["[a]", "[a]: ", "[b]: https://b.example\n", "[a]: https://a.example 'title'\n", "[b]"];
