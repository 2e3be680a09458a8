// The icons, drawn for this app: 20 by 20, one stroke, the colour of the text around them. Decoration only: a button
// that holds one carries its own label.

const PATHS = {
  plus: "M10 4.5v11M4.5 10h11",
  send: "M10 15.5v-11M5.5 9 10 4.5 14.5 9",
  stop: "M6.5 6.5h7v7h-7z",
  copy: "M7.5 7.5V4.8c0-.4.4-.8.8-.8h6.9c.4 0 .8.4.8.8v6.9c0 .4-.4.8-.8.8h-2.7M4.8 7.5h6.9c.4 0 .8.4.8.8v6.9c0 .4-.4.8-.8.8H4.8a.8.8 0 0 1-.8-.8V8.3c0-.4.4-.8.8-.8Z",
  check: "m4.5 10.5 3.5 3.5 7.5-8",
  warning: "M10 7.5v3.5m0 2.6v.1M10 3.5l7 12.5H3z",
  pencil: "m4 16 .8-3.4 8.5-8.5a1.2 1.2 0 0 1 1.7 0l.9.9a1.2 1.2 0 0 1 0 1.7l-8.5 8.5z",
  trash: "M4 6h12M8 6V4.2h4V6m-6.5 0 .7 9.8h7.6l.7-9.8M8.6 8.8v4.2m2.8-4.2v4.2",
  menu: "M3.5 6.5h13M3.5 13.5h8",
  close: "m5.5 5.5 9 9m0-9-9 9",
  down: "M10 4.5v11M5.5 11l4.5 4.5 4.5-4.5",
  retry: "M15.8 8.2A6 6 0 1 0 16 11m0-6.5v3.8h-3.8",
  sun: "M10 6.8a3.2 3.2 0 1 0 0 6.4 3.2 3.2 0 0 0 0-6.4ZM10 2.5v1.3m0 12.4v1.3M2.5 10h1.3m12.4 0h1.3M4.7 4.7l.9.9m8.8 8.8.9.9m0-10.6-.9.9m-8.8 8.8-.9.9",
  moon: "M15.8 12.1A6.3 6.3 0 0 1 7.9 4.2a6.3 6.3 0 1 0 7.9 7.9Z",
  screen: "M3.5 4.5h13v8.5h-13zM7 16h6m-3-3v3",
  chevron: "m6.5 8.5 3.5 3.5 3.5-3.5",
  back: "m11.5 6.5-3.5 3.5 3.5 3.5",
  forth: "m8.5 6.5 3.5 3.5-3.5 3.5",
  more: "M5 9.6a.4.4 0 1 0 0 .8.4.4 0 0 0 0-.8Zm5 0a.4.4 0 1 0 0 .8.4.4 0 0 0 0-.8Zm5 0a.4.4 0 1 0 0 .8.4.4 0 0 0 0-.8Z",
  pin: "m11.6 3.6 4.8 4.8-1.2 1.1-.8-.1-2.9 2.9.1 2.6-1.2 1.2-6.5-6.5 1.2-1.2 2.6.1 2.9-2.9-.1-.8zM7.1 12.9 3.5 16.5",
  fork: "M6 4v12M6 13c0-4.5 8-2.5 8-8M11.3 7.3 14 4.6l2.7 2.7",
  archive: "M3.5 4.5h13v3h-13zM4.5 7.5v8h11v-8M8.3 10.5h3.4",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
