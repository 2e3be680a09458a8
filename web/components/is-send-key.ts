// An Enter that is meant to send: not one that breaks a line, and not one that chooses a word of a composition.

export function isSendKey({ key, shiftKey, isComposing, keyCode }: KeyboardEvent): boolean {
  // 229 is what some browsers say in place of `isComposing`.
  return key === "Enter" && !shiftKey && !isComposing && keyCode !== 229;
}
