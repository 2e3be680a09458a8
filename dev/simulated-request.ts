// Reads a chat completion request: unknown JSON in, a typed request or an error in OpenAI's shape out. Pure.
import * as z from "zod/mini";
import { parseScenario, type Scenario } from "./simulated-scenario.ts";
import type { SimulatedPrompt } from "./simulated-text.ts";

/** The body of every error of the API. */
export type OpenAiError = { error: { message: string; type: string; param: string | null; code: string | null } };

export type ChatRequest = {
  model: string;
  scenario: Scenario;
  stream: boolean;
  includeUsage: boolean;
  maxTokens: number;
  messages: number;
  promptTokens: number;
  prompt: SimulatedPrompt;
};

export type ParsedChatRequest = { ok: true; request: ChatRequest } | { ok: false; status: number; body: OpenAiError };

const content = z.union([
  z.string(),
  z.array(z.looseObject({ type: z.string(), text: z.optional(z.string()) })),
  z.null(),
]);
const shape = z.looseObject({
  model: z.string(),
  messages: z.array(z.looseObject({ role: z.string(), content: z.optional(content) })).check(z.minLength(1)),
  stream: z.optional(z.nullable(z.boolean())),
  stream_options: z.optional(z.nullable(z.looseObject({ include_usage: z.optional(z.boolean()) }))),
  max_tokens: z.optional(z.nullable(z.int().check(z.positive()))),
  max_completion_tokens: z.optional(z.nullable(z.int().check(z.positive()))),
});

type Message = z.infer<typeof shape>["messages"][number];

export function openAiError(
  message: string,
  param: string | null,
  code: string | null,
  type = "invalid_request_error",
): OpenAiError {
  return { error: { message, type, param, code } };
}

export function parseChatRequest(text: string): ParsedChatRequest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return refuse(400, "We could not parse the JSON body of your request.", null, null);
  }
  if (typeof json !== "object" || json === null) return refuse(400, "The body must be a JSON object.", null, null);
  if (!("model" in json))
    return refuse(400, "You must provide a model parameter.", "model", "missing_required_parameter");
  if (!("messages" in json))
    return refuse(400, "Missing required parameter: 'messages'.", "messages", "missing_required_parameter");
  const body = shape.safeParse(json);
  if (!body.success) {
    const issue = body.error.issues[0];
    const param = issue?.path.join(".") ?? "";
    return refuse(400, `Invalid value for '${param}': ${issue?.message ?? "not allowed"}.`, param, "invalid_value");
  }
  const { model, messages, stream, stream_options, max_tokens, max_completion_tokens } = body.data;
  const parsed = parseScenario(model);
  if (!parsed.ok) {
    return parsed.reason === "unknown_model"
      ? refuse(404, parsed.message, "model", "model_not_found")
      : refuse(400, parsed.message, "model", "bad_scenario");
  }
  return {
    ok: true,
    request: {
      model,
      scenario: parsed.scenario,
      stream: stream ?? false,
      includeUsage: stream_options?.include_usage ?? false,
      maxTokens: max_completion_tokens ?? max_tokens ?? Number.POSITIVE_INFINITY,
      messages: messages.length,
      promptTokens: countPromptTokens(messages),
      prompt: readPrompt(messages),
    },
  };
}

/**
 * The last user message; and, where the conversation ends in an answer (or in an answer and the wish to go on), that
 * answer and the message that it answered.
 */
export function readPrompt(messages: readonly Message[]): SimulatedPrompt {
  let last = messages.length - 1;
  const wishesMore =
    messages[last]?.role === "user" && /^\W*(please )?(continue|go on)\b/i.test(textOf(messages[last]));
  if (wishesMore && messages[last - 1]?.role === "assistant") last--;
  const answer = messages[last]?.role === "assistant" ? textOf(messages[last]) : undefined;
  const asked = messages.findLastIndex((message, index) => message.role === "user" && index <= last);
  const userText = textOf(messages[asked]);
  return answer === undefined ? { userText } : { userText, answerSoFar: answer };
}

function textOf(message: Message | undefined): string {
  const said = message?.content ?? "";
  return typeof said === "string" ? said : said.map((part) => part.text ?? "").join("");
}

/** About what a tokenizer would say: four characters a token, and four tokens around each message. */
function countPromptTokens(messages: readonly Message[]): number {
  return messages.reduce((sum, message) => sum + 4 + Math.ceil(textOf(message).length / 4), 0);
}

function refuse(status: number, message: string, param: string | null, code: string | null): ParsedChatRequest {
  return { ok: false, status, body: openAiError(message, param, code) };
}
