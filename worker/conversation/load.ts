// How many answers this isolate is writing, over all the conversations that live in it. Module state on purpose: objects
// of one isolate share its one thread.

let live = 0;

export function answerBegan(): void {
  live++;
}

export function answerEnded(): void {
  live--;
}

export function liveAnswers(): number {
  return live;
}
