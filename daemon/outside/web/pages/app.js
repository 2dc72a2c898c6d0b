/* Asks the API each 10 s and shows what it says; says so when it says nothing. */
"use strict";

const REFRESH_MS = 10000;
const seen = {};         // the last text of each list, so that only what changed is drawn again
let paused = false, ended = false, timer = 0, lastGood = null;

const LISTS = [
  ["measures", "/api/measures", drawMeasures], ["findings", "/api/findings", drawFindings],
  ["objectives", "/api/objectives", drawObjectives],
  ["collectors", "/api/collectors", drawCollectors],
  ["not_judged", "/api/not_judged", drawNotJudged]
];

class Ended extends Error {}

async function ask(path) {
  const response = await fetch(
      path, {credentials: "same-origin", cache: "no-store", headers: {Accept: "application/json"}});
  if (response.status === 401 || response.status === 403) throw new Ended("the session has ended");
  const text = await response.text();
  if (!response.ok) {
    let why = "status " + response.status;
    try {
      why = JSON.parse(text).error || why;
    } catch { /* no JSON: the status must do */
    }
    throw new Error(why);
  }
  return text;
}

function draw(name, nodes) {
  const place = document.querySelector(`[data-list="${name}"]`);
  const key = document.activeElement?.closest?.("[data-key]")?.dataset.key;
  place.replaceChildren(...nodes);
  if (key)
    place.querySelector(`[data-key="${CSS.escape(key)}"] > summary`)?.focus({preventScroll: true});
}

function notice(nodes) {
  const place = document.getElementById("notice");
  place.hidden = !nodes;
  place.replaceChildren(...(nodes || []));
}

function showEnd() {
  ended = true;
  document.body.classList.add("ended");
  document.getElementById("tiles").replaceChildren();
  document.querySelectorAll("[data-list]").forEach((place) => place.replaceChildren());
  document.getElementById("ready").textContent = "";
  document.getElementById("when").textContent = "";
  notice([
    el("h2", {}, "Your session has ended"),
    el("p", {}, "On the machine that conformd runs on, run"),
    el("pre", {}, el("code", {}, "conformctl open")),
    el("p", {}, "and follow the link that it prints.")
  ]);
}

function showTrouble(error) {
  document.body.classList.add("past");
  notice([
    el("h2", {}, "No present figures"),
    el("p", {}, `conformd does not answer: ${error.message}. `,
       lastGood ? `What is shown below is from ${lastGood.toLocaleTimeString()}.` : "")
  ]);
}

async function refresh() {
  clearTimeout(timer);
  try {
    const [statusText, ...texts] =
        await Promise.all([ask("/api/status"), ...LISTS.map(([, path]) => ask(path))]);
    const status = JSON.parse(statusText);
    drawHead(status);
    drawTiles(status);
    draw("evidence", drawEvidence(status));
    LISTS.forEach(([name, , render], i) => {
      const minute =
          Math.floor(Date.now() / 60000);  // "3 min ago" moves on even when nothing else does
      if (seen[name] === texts[i] + minute) return;
      seen[name] = texts[i] + minute;
      draw(name, render(JSON.parse(texts[i])));
    });
    lastGood = new Date();
    document.getElementById("when").textContent = "as of " + lastGood.toLocaleTimeString();
    document.body.classList.remove("past");
    notice(null);
  } catch (error) {
    if (error instanceof Ended) {
      showEnd();
      return;
    }
    showTrouble(error);
  }
  if (!paused) timer = setTimeout(refresh, REFRESH_MS);
}

document.getElementById("pause").addEventListener("click", (event) => {
  paused = !paused;
  event.target.setAttribute("aria-pressed", String(paused));
  event.target.textContent = paused ? "Go on" : "Pause";
  clearTimeout(timer);
  if (!paused && !ended) refresh();
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && !paused && !ended) refresh();
});
refresh();
