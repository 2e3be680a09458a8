// The scenarios, in the order of the report.

import { burst } from "./burst.ts";
import { cached } from "./cached.ts";
import { connects } from "./connects.ts";
import { deploy } from "./deploy.ts";
import { fanOut } from "./fan-out.ts";
import { longConversation } from "./long-conversation.ts";
import { paced } from "./paced.ts";
import { page } from "./page.ts";
import { loadProfiles } from "./profiles.ts";
import { resume } from "./resume.ts";
import { routes } from "./routes.ts";
import { saturation } from "./saturation.ts";
import type { Scenario } from "./scenario.ts";
import { soak } from "./soak.ts";
import { starts } from "./starts.ts";
import { startup } from "./startup.ts";

export const scenarios: readonly Scenario[] = [
  paced,
  burst,
  starts,
  connects,
  saturation,
  fanOut,
  resume,
  deploy,
  cached,
  longConversation,
  routes,
  startup,
  page,
  soak,
  ...loadProfiles,
];
