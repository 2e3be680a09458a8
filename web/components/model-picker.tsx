// The model that answers: a name where there is one, a choice where there are several.

import type { Conversation } from "../state/conversation.ts";
import { Icon } from "./icon.tsx";
import { useApp } from "./use-app.ts";

export function ModelPicker({ conversation }: { conversation: Conversation }) {
  const app = useApp();
  const models = app.session.models.value;
  const chosen = conversation.model.value ?? models[0]?.id ?? "";
  // A conversation may be held with a model that is not offered any more.
  const isKnown = models.some(({ id }) => id === chosen);
  if (models.length < 2 && (isKnown || chosen === "")) return <span class="model-name">{models[0]?.name}</span>;
  return (
    <label class="model-picker">
      <span class="visually-hidden">Model</span>
      <select value={chosen} onChange={(event) => void app.pickModel(event.currentTarget.value)}>
        {!isKnown && chosen !== "" && <option value={chosen}>{chosen}</option>}
        {models.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
      <Icon name="chevron" />
    </label>
  );
}
