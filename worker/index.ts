// What the platform sees: the Worker and its Durable Objects; nothing else.

export { app as default } from "./app.ts";
export { Conversation } from "./conversation/conversation.ts";
