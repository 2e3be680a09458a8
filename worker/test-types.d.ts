// What the tests inside workerd see of the Worker under test.

declare namespace Cloudflare {
  // oxlint-disable-next-line typescript/consistent-type-definitions -- merged with the platform's own interface
  interface GlobalProps {
    mainModule: typeof import("./index.ts");
  }
  // oxlint-disable-next-line typescript/consistent-type-definitions -- merged with the platform's own interface
  interface Env {
    CONVERSATIONS: DurableObjectNamespace<import("./index.ts").Conversation>;
    OPENAI_BASE_URL: string;
    DATABASE_URL: string;
  }
}
