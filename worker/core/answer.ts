// One generation with what was asked of it and what it cost: what an assistant message has besides its words.

import type { Params } from "../../protocol/api.ts";
import type { Generation } from "./generation.ts";

export type AnswerRecord = {
  generation: Generation;
  model: string;
  params: Params;
  costUsd: number | null;
  isCached: boolean;
};
