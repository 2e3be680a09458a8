// What middleware leaves for the routes.

import type { User } from "../../protocol/api.ts";
import type { Env } from "../env.ts";
import type { Services } from "../services.ts";

export type AppEnv = {
  Bindings: Env;
  Variables: {
    requestId: string;
    services: Services;
    user: User | null;
  };
};
