// The limits as clients are told them. Off, at home only, reads as numbers that nobody reaches.

import { type Limits, MAX_TEXT_LENGTH } from "../../protocol/api.ts";
import { MAX_READERS } from "../conversation/readers.ts";
import type { Config } from "../env.ts";

const UNLIMITED = 1_000_000_000;

export function limitsOf({ quota }: Config): Limits {
  return {
    messagesPerMinute: quota?.perUser ?? UNLIMITED,
    messagesPerMinutePerAddress: quota?.perAddress ?? UNLIMITED,
    liveGenerations: quota?.live ?? UNLIMITED,
    textLength: MAX_TEXT_LENGTH,
    readersPerConversation: MAX_READERS,
  };
}
