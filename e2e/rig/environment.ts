// What the processes that we start may know of this machine: everything but what a person or a test runner has set for
// programs like ours, so that every suite starts what a clean clone starts.

// Empty means absent, and sets aside what stands in .dev.vars too.
const OURS = ["OPENAI_BASE_URL", "OPENAI_API_KEY", "OPENAI_MODEL", "OPENAI_CONTEXT_TOKENS", "OPENAI_PRICE"]
  .concat(["TITLE_MODEL", "DATABASE_URL", "REDIS_URL", "LIMITS", "LOG_LEVEL", "METRICS_TOKEN"])
  .map((name) => [name, ""] as const);

// With a test runner's own, Vite would build something else than `npm start` does, and Miniflare run another workerd.
const RUNNERS = /^(NODE_|VITE|VITEST|TEST$|DEV$|PROD$|MODE$|BASE_URL$|SSR$|MINIFLARE_|BRINK_|npm_)/;

export function cleanEnvironment(variables: Record<string, string> = {}): Record<string, string | undefined> {
  const inherited = Object.entries(process.env).filter(([name]) => !RUNNERS.test(name));
  return { ...Object.fromEntries([...inherited, ...OURS]), ...variables };
}
