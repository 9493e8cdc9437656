// Refreshes the page in place, copies commands, reads charts out. Without it the page is whole, and stands still.

import { morph } from "./morph.js";

const EVERY = 5000; // milliseconds
const WITHIN = 10000;
let paused = false;
let waiting;

const find = (selector) => document.querySelector(selector);

async function refresh() {
  clearTimeout(waiting);
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(WITHIN) });
    if (!answer.ok) throw new Error(String(answer.status));
    const there = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!paused) show(there);
    told(false);
  } catch {
    told(true);
  }
  later();
}

function show(there) {
  document.title = there.title;
  for (const part of ["main", ".when time", "footer"]) morph(find(part), there.querySelector(part));
  find("#lost").dataset.text = there.querySelector("#lost").dataset.text;
  document.dispatchEvent(new Event("refreshed"));
}

function told(lost) {
  const sign = find("#lost");
  if (sign.hidden === lost) {
    sign.textContent = lost ? sign.dataset.text : "";
    sign.hidden = !lost;
    document.body.classList.toggle("gone", lost);
  }
}

function later() {
  clearTimeout(waiting);
  if (!paused && !document.hidden) waiting = setTimeout(refresh, EVERY);
}

async function copy(button) {
  const code = button.previousElementSibling;
  try {
    await navigator.clipboard.writeText(code.textContent);
  } catch { // no https: the old way
    getSelection().selectAllChildren(code);
    document.execCommand("copy");
  }
  const before = button.textContent;
  if (before === button.dataset.copy) return;
  button.textContent = button.dataset.copy;
  setTimeout(() => (button.textContent = before), 2000);
}

function pause(button) {
  paused = !paused;
  button.setAttribute("aria-pressed", String(paused));
  [button.textContent, button.dataset.pause] = [button.dataset.pause, button.textContent];
  if (!paused) refresh();
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (button?.matches("[data-copy]")) copy(button);
  if (button?.matches("[data-pause]")) pause(button);
});

document.addEventListener("pointerover", ({ target }) => {
  const column = target.closest?.(".hit");
  const readout = column?.closest("figure").querySelector(".readout");
  if (readout) readout.textContent = column.querySelector("title").textContent;
});

document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(waiting) : refresh()));

document.body.classList.add("live");
later();
