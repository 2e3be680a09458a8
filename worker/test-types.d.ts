// What the tests inside workerd see of the Worker under test.

type Worker = typeof import("./index.ts"); // oxlint-disable-line typescript/consistent-type-imports -- an import makes this a module

declare namespace Cloudflare {
  // oxlint-disable-next-line typescript/consistent-type-definitions -- merged with the platform's own interface
  interface GlobalProps {
    mainModule: Worker;
  }
  // oxlint-disable-next-line typescript/consistent-type-definitions -- merged with the platform's own interface
  interface Env {
    CONVERSATIONS: DurableObjectNamespace<InstanceType<Worker["Conversation"]>>;
    ASSETS: Fetcher;
    OPENAI_BASE_URL: string;
    CUT_STREAMS_URL: string;
    UPSTASH_REDIS_REST_URL: string;
    UPSTASH_REDIS_REST_TOKEN: string;
    NEON_FETCH_ENDPOINT: string;
    DATABASE_URL: string;
  }
}

declare module "*?raw" {
  const text: string;
  export default text;
}
