// Whether there is a pointer that hovers, and so most likely a keyboard that is not drawn over half of the page.

export function canHover(): boolean {
  return matchMedia("(hover: hover)").matches;
}
