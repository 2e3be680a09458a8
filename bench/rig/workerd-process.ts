// A workerd and the process that owns it: should the bench be killed, this process sees its line close and ends workerd.
// Says where workerd listens, and whenever it is asked again, what the Worker has complained of.

import { startWorkerd, type WorkerdOptions } from "./workerd.ts";

const complaints: string[] = [];
const gone = new Promise<void>((resolve) => void process.once("disconnect", resolve));

process.once("message", (options: WorkerdOptions) => {
  void run(options);
});

async function run(options: WorkerdOptions): Promise<void> {
  const workerd = await startWorkerd(options, ({ level, message }) => {
    if (level === "warn" || level === "error") complaints.push(message);
  });
  if (process.connected) {
    process.on("message", () => process.send?.({ complaints: complaints.splice(0) }));
    process.send?.({ url: workerd.url, pid: workerd.pid });
  }
  await gone;
  await workerd.close();
  process.exit(0);
}
