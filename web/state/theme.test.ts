import { beforeEach, expect, test } from "vitest";
import { createTheme } from "./theme.ts";

const page = document.documentElement;
beforeEach(() => {
  document.head.innerHTML = ["light", "dark"]
    .map((scheme) => `<meta name="theme-color" data-scheme="${scheme}" media="(prefers-color-scheme: ${scheme})">`)
    .join("");
});

const medias = () => [...document.querySelectorAll("meta")].map(({ media }) => media);

function open(stored: string | null) {
  const kept = new Map<string, string | null>([["brink.theme", stored]]);
  const storage = {
    read: (key: string) => kept.get(key) ?? null,
    write: (key: string, value: string | null) => void kept.set(key, value),
  };
  return { theme: createTheme(storage, page), kept };
}

test("what was chosen by hand colours the page and the browser's own edge around it", () => {
  const { theme, kept } = open("dark");
  expect([page.dataset["theme"], medias()]).toEqual(["dark", ["not all", "all"]]);
  theme.choose("light");
  expect([page.dataset["theme"], medias(), kept.get("brink.theme")]).toEqual(["light", ["all", "not all"], "light"]);
});

test("the device's own choice is left to the browser", () => {
  const { theme } = open("dark");
  theme.choose("device");
  expect([page.dataset["theme"], medias()]).toEqual([
    undefined,
    ["(prefers-color-scheme: light)", "(prefers-color-scheme: dark)"],
  ]);
});
