// An Enter that is meant to send: not one that breaks a line, and not one that chooses a word of a composition.

/** Under a finger there is no Shift to break a line with: there Enter breaks it, and the button sends. */
export function sendsOnEnter(): boolean {
  return !matchMedia("(pointer: coarse) and (hover: none)").matches;
}

export function isSendKey(event: KeyboardEvent): boolean {
  if (event.key !== "Enter" || event.shiftKey || isOfComposition(event)) return false;
  // A keyboard that is attached to a tablet has keys that leave no doubt.
  return event.ctrlKey || event.metaKey || sendsOnEnter();
}

/** 229 is what some browsers say in place of `isComposing`. */
export function isOfComposition({ isComposing, keyCode }: KeyboardEvent): boolean {
  return isComposing || keyCode === 229;
}
