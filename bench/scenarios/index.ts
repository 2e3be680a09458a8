// The scenarios, in the order of the report.

import { paced } from "./paced.ts";
import { saturation } from "./saturation.ts";
import type { Scenario } from "./scenario.ts";

export const scenarios: readonly Scenario[] = [paced, saturation];
