// A load profile played against a deployment: the same plan, people and judge as on this machine, with neither a pipe
// beside it nor a process whose CPU or memory could be read.

import { answerMs } from "../load/job.ts";
import { OptionError } from "../options.ts";
import { toPeopleRun } from "../people/measure-people.ts";
import { type Plan, questionsAMinute } from "../people/plan.ts";
import { describeCalls, describeProfile, planOf, type Profile, profileExtras } from "../scenarios/profiles.ts";
import type { Scenario, Size } from "../scenarios/scenario.ts";
import type { RemoteConfig } from "./config.ts";
import type { Deployment } from "./measure-deployment.ts";

// About what a short answer of a hosted model takes: only to know how often people ask.
const REAL_ANSWER_MS = 5_000;

/** Throws an OptionError where the deployment would refuse some of it: that would measure its limits alone. */
export function outsideProfile(profile: Profile, config: RemoteConfig, size: Size): Scenario<Deployment> {
  const { name, what, coming } = profile;
  const { isSimulated } = config;
  const model = isSimulated ? profile.model : config.model;
  const planAt = (url: string) =>
    planOf({ coming, model, isReal: !isSimulated, target: { type: "brink", url }, opening: [{ type: "open" }] }, size);
  const questions = refuseTooMany(name, planAt(""), config);
  return {
    name,
    maxRepeats: 1,
    columns: ["first p50", "first p95", "total p50", "exact"],
    extras: profileExtras,
    describe: () =>
      `${describeProfile(what, size)}. Other is every call that is no stream. The model is ` +
      `${isSimulated ? `the simulated one (${model})` : `${model}: exact is each text that equals the stored one`}.`,
    cases: () => [
      {
        name,
        reference: null,
        subjects: [
          {
            name: "Brink",
            async measure({ url, play }) {
              const { samples } = await play(planAt(url), questions);
              return toPeopleRun(samples, { cpuSeconds: null, restingBytes: null, memory: [] }, describeCalls(samples));
            },
          },
        ],
      },
    ],
  };
}

/** About how many questions the plan asks in its fullest minute. */
function refuseTooMany(name: string, plan: Plan, config: RemoteConfig): number {
  const { coming } = plan;
  const { messagesPerMinute, messagesPerMinuteOfGuest } = config;
  const durationMs = plan.isReal === true ? REAL_ANSWER_MS : answerMs(plan.model);
  const asked = questionsAMinute(plan, durationMs);
  if (asked > messagesPerMinute) {
    throw new OptionError(
      `${name} asks about ${asked} times a minute, and the deployment takes ${messagesPerMinute} messages a minute from ` +
        "one address: raise the ip= of its LIMITS.",
    );
  }
  const ofOne = coming.type === "users" ? Math.ceil(60_000 / (durationMs + coming.pauseMs)) : 1;
  if (ofOne > messagesPerMinuteOfGuest) {
    throw new OptionError(
      `${name} has each user ask about ${ofOne} times a minute, and the deployment takes ${messagesPerMinuteOfGuest} ` +
        "from one: raise the user= of its LIMITS.",
    );
  }
  return asked;
}
