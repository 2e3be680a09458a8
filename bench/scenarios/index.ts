// The scenarios, in the order of the report.

import { cached } from "./cached.ts";
import { fanOut } from "./fan-out.ts";
import { longConversation } from "./long-conversation.ts";
import { paced } from "./paced.ts";
import { resume } from "./resume.ts";
import { saturation } from "./saturation.ts";
import type { Scenario } from "./scenario.ts";
import { starts } from "./starts.ts";

export const scenarios: readonly Scenario[] = [paced, starts, saturation, fanOut, resume, cached, longConversation];
