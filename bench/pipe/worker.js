// The bare pipe: what a Worker costs that only forwards. A request's body goes to the model as it came, and the model's
// answer goes back as it comes: nothing is read, stored, counted or checked. Everything else is measured against it.

export default {
  /** @param {Request} request @param {{ MODEL_URL: string }} env */
  async fetch(request, env) {
    const answer = await fetch(`${env.MODEL_URL}/chat/completions`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: request.body,
    });
    return new Response(answer.body, {
      status: answer.status,
      headers: { "Content-Type": "text/event-stream", "Cache-Control": "no-store, no-transform" },
    });
  },
};
