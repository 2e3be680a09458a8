// Light, dark, or as the device has it.

import type { Theme, ThemeChoice } from "../state/theme.ts";
import { Icon, type IconName } from "./icon.tsx";

const CHOICES: readonly { choice: ThemeChoice; icon: IconName; words: string }[] = [
  { choice: "device", icon: "screen", words: "As the device" },
  { choice: "light", icon: "sun", words: "Light" },
  { choice: "dark", icon: "moon", words: "Dark" },
];

export function ThemeSwitch({ theme }: { theme: Theme }) {
  return (
    <div class="theme-switch" role="group" aria-label="Light or dark">
      {CHOICES.map(({ choice, icon, words }) => (
        <button
          key={choice}
          type="button"
          class="quiet-button"
          aria-label={words}
          title={words}
          aria-pressed={theme.choice.value === choice}
          onClick={() => theme.choose(choice)}
        >
          <Icon name={icon} />
        </button>
      ))}
    </div>
  );
}
