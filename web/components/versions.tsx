// Which version of a message is shown, and the way to the others.

import type { Version } from "../state/tree.ts";
import { Icon, type IconName } from "./icon.tsx";

type VersionsProps = { version: Version; onSwitch: (step: -1 | 1) => void };

export function Versions({ version: { number, count, isPartial }, onSwitch }: VersionsProps) {
  return (
    <div class="versions" role="group" aria-label="Versions">
      <Step label="Previous version" icon="back" isEnd={number <= 1 && !isPartial} onStep={() => onSwitch(-1)} />
      <span class="versions-count" aria-live="polite">
        <span class="visually-hidden">{isPartial ? "Newest version" : `Version ${number} of ${count}`}</span>
        <span aria-hidden="true">{isPartial ? "…" : `${number}/${count}`}</span>
      </span>
      <Step label="Next version" icon="forth" isEnd={number >= count} onStep={() => onSwitch(1)} />
    </div>
  );
}

type StepProps = { label: string; icon: IconName; isEnd: boolean; onStep: () => void };

/** At an end it stays where it is, and in the keyboard's reach: a button that is disabled loses its focus. */
function Step({ label, icon, isEnd, onStep }: StepProps) {
  return (
    <button
      type="button"
      class="quiet-button"
      aria-label={label}
      title={label}
      aria-disabled={isEnd}
      onClick={() => !isEnd && onStep()}
    >
      <Icon name={icon} />
    </button>
  );
}
