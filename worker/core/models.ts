// Which model names are accepted, and what is known of them by name. Pure.

const reasoningPattern = /(^|[^a-z0-9])(o[1-9]|r1|gpt-5|thinking|reason)/i;

const MAX_LENGTH = 200; // Longer than any name of a model; it is stored with each answer.

/** The default's own name, or one that begins with it (`gpt-5` and `gpt-5-mini`). Printable ASCII. */
export function isKnownModel(name: string, defaultModel: string): boolean {
  return name.length <= MAX_LENGTH && name.startsWith(defaultModel) && /^[\x20-\x7E]+$/.test(name);
}

/** Whether a model may think for long before its first byte. */
export function isReasoningModel(name: string, reasoningEffort: string | undefined): boolean {
  return reasoningPattern.test(name) || (reasoningEffort !== undefined && reasoningEffort !== "none");
}
