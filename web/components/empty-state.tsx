// A new chat before its first word: a greeting and a few ways to begin.

import type { Composer } from "../state/composer.ts";
import "./empty-state.css";

const SUGGESTIONS: readonly { title: string; text: string }[] = [
  { title: "Explain something", text: "Explain how tides work, as if I were fifteen." },
  { title: "Plan something", text: "Plan a weekend in a city I have never been to, on foot and without hurry." },
  { title: "Write something", text: "Help me write a short, kind message to a colleague who is leaving." },
  { title: "Untangle code", text: "Review this function and tell me what could go wrong:\n\n" },
];

export function EmptyState({ composer }: { composer: Composer }) {
  return (
    <div class="empty">
      <svg class="horizon" viewBox="0 0 120 48" aria-hidden="true">
        <path class="horizon-sun" d="M40 38a20 20 0 0 1 40 0Z" />
        <path class="horizon-line" d="M8 38h104" />
        <path class="horizon-sea" d="M48 43.500h24" />
      </svg>
      <h2 class="empty-greeting">{greetingAt(new Date().getHours())}</h2>
      <p class="empty-words">What is on your mind?</p>
      {/* One of them takes the draft's place: never that of words that somebody wrote. */}
      {composer.text.value.trim() === "" && (
        <ul class="suggestions">
          {SUGGESTIONS.map(({ title, text }) => (
            <li key={title}>
              <button type="button" class="suggestion" onClick={() => composer.write(text)}>
                <strong>{title}</strong>
                <span>{text.trim()}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function greetingAt(hour: number): string {
  if (hour < 5) return "Still awake?";
  if (hour < 12) return "Good morning.";
  if (hour < 18) return "Good afternoon.";
  return "Good evening.";
}
