// Finds a sum in a message ("what is 12 * (3 + 4)?") and works it out, so that the simulated model can be right about
// something. A recursive-descent parser over numbers, + - * / ^ and brackets; anything else is no sum. Pure.

export type Sum = { expression: string; value: number };

const MAX_LENGTH = 200; // Bounds the depth of recursion too.

/** The longest sum in the text, or null where there is none. */
export function findSum(text: string): Sum | null {
  const plain = text.slice(0, 2_000).replace(/[×·]/g, "*").replace(/÷/g, "/").replace(/[−–]/g, "-");
  const candidates = plain.match(/[-(]*\d[\d\s.+\-*/^()]*/g) ?? [];
  let best: Sum | null = null;
  for (const candidate of candidates) {
    const expression = candidate.trim().replace(/[.\s+\-*/^(]+$/, "");
    if (!/\d\)*\s*[+\-*/^]\s*[-(]*\d/.test(expression) || expression.length > MAX_LENGTH) continue;
    if (/^\d{1,4}([-/.]\d{1,2}){2}$/.test(expression)) continue; // a date
    const value = evaluate(expression);
    if (value !== null && expression.length > (best?.expression.length ?? 0)) best = { expression, value };
  }
  return best;
}

/** The value, or null where the text is no complete expression or has no finite value. */
export function evaluate(expression: string): number | null {
  const tokens = expression.match(/\d+(?:\.\d+)?|[+\-*/^()]|\S/g) ?? [];
  let at = 0;

  function sum(): number {
    let value = product();
    for (;;) {
      if (take("+")) value += product();
      else if (take("-")) value -= product();
      else return value;
    }
  }
  function product(): number {
    let value = signed();
    for (;;) {
      if (take("*")) value *= signed();
      else if (take("/")) value /= signed();
      else return value;
    }
  }
  function signed(): number {
    return take("-") ? -signed() : power();
  }
  function power(): number {
    const base = atom();
    return take("^") ? base ** signed() : base; // Right-associative, and 2^-1 is allowed.
  }
  function atom(): number {
    if (take("(")) {
      const value = sum();
      return take(")") ? value : Number.NaN;
    }
    const token = tokens[at++] ?? "";
    return /^\d/.test(token) ? Number(token) : Number.NaN;
  }
  function take(symbol: string): boolean {
    if (tokens[at] !== symbol) return false;
    at++;
    return true;
  }

  const value = sum();
  return at === tokens.length && Number.isFinite(value) ? value : null;
}
