// The bell: a hibernating WebSocket for each idle tab, over which nothing travels but "something changed". It costs
// nothing while nobody rings: the platform answers pings, and the object may sleep.

const MAX_BELLS = 256; // Tabs of one conversation; a script that opens more has an error of its own.
const NORMAL_CODE = 1000;
const DELETED_CODE = 4404;

/** `deleted` stands in the last one: there is nothing left to look at. */
export type Ring = { rev: number; live: string | null; deleted?: true };

export class Bell {
  readonly #state: DurableObjectState;
  /** Known to have no tab: most conversations have none while they are written in by a script, and to ask costs. */
  #isSilent = false;

  constructor(state: DurableObjectState) {
    this.#state = state;
  }

  /** Accepts one more tab and tells it where things stand; null when there are too many. */
  open(now: Ring, requestId: string): Response | null {
    if (this.#state.getWebSockets().length >= MAX_BELLS) return null;
    const { 0: client, 1: server } = new WebSocketPair();
    this.#state.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
    this.#state.acceptWebSocket(server);
    this.#isSilent = false;
    server.send(JSON.stringify(now));
    // Said here, since nobody can add a header to an upgrade's answer without losing the WebSocket.
    return new Response(null, { status: 101, webSocket: client, headers: { "X-Request-Id": requestId } });
  }

  ring(now: Ring): void {
    if (this.#isSilent) return;
    const sockets = this.#state.getWebSockets();
    this.#isSilent = sockets.length === 0;
    if (this.#isSilent) return;
    const text = JSON.stringify(now);
    for (const socket of sockets) {
      try {
        socket.send(text);
      } catch {
        // It is closing: its tab will look again when it is back.
      }
    }
  }

  /** The conversation is gone. Said in words, too: browsers tell a page of a close only when the line is down, 2 s later. */
  close(now: Ring): void {
    this.ring({ ...now, deleted: true });
    for (const socket of this.#state.getWebSockets()) socket.close(DELETED_CODE, "deleted");
  }
}

/** A tab leaves: until it is answered its side waits, 10 s or so, and then says that the line broke. Never throws. */
export function answerClose(socket: WebSocket, code: number): void {
  try {
    socket.close(isSendable(code) ? code : NORMAL_CODE);
  } catch {
    // The line is down already.
  }
}

/** The codes of RFC 6455, 7.4, that may stand in a frame: some only say how a line ended, and others mean nothing. */
function isSendable(code: number): boolean {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}
