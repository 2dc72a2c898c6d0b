/* The dashboard: asks the API each 10 s and shows what it says. Every text of the API goes in as
 * text (textContent), never as markup. */
"use strict";

const REFRESH_MS = 10000;
const STATES = {
  met: ["✓", "met"], at_risk: ["▲", "at risk"], missed: ["✕", "missed"], unknown: ["?", "unknown"],
  not_applicable: ["–", "not applicable"],
  well: ["✓", "well"], partial: ["▲", "partial"], failed: ["✕", "failed"], absent: ["○", "absent"],
  standby: ["–", "standby"], starting: ["…", "starting"],
  on_course: ["✓", "on course"], behind: ["▲", "behind"], achieved: ["✓", "achieved"],
  candidate: ["!", "candidate"], registered: ["●", "registered"], evaluated: ["●", "evaluated"],
  handling: ["●", "handling"], closed: ["✓", "closed"], dismissed: ["–", "dismissed"],
  trial: ["~", "trial"], draft: ["~", "draft"], provisional: ["~", "provisional"],
  disabled: ["–", "disabled"],
};
const ORDER = ["missed", "at_risk", "unknown", "met", "not_applicable"];
const seen = {};           // the last text of each list, so that only what changed is drawn again
const open = new Set();    // keys of the details that are open
let paused = false, ended = false, timer = 0, lastGood = null;

function el(name, attributes, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {}))
    if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value === true ? "" : value);
  for (const child of children.flat())
    if (child !== null && child !== undefined && child !== "")
      node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  return node;
}

function known(state) { return Object.hasOwn(STATES, state) ? state : "unknown"; }

function chip(state) {
  const [symbol, word] = Object.hasOwn(STATES, state) ? STATES[state] : ["?", String(state)];
  return el("span", { class: "chip " + known(state) }, el("i", { "aria-hidden": "true" }, symbol), word);
}

function number(value) {
  if (typeof value !== "number") return value === null || value === undefined ? "–" : String(value);
  return new Intl.NumberFormat("en", { maximumSignificantDigits: 6 }).format(value);
}

function time(text) {
  const at = new Date(text);
  if (!text || isNaN(at)) return "";
  const full = at.toISOString().replace("T", " ").slice(0, 19) + " UTC";
  return el("time", { datetime: text, title: full }, span(Date.now() - at));
}

function span(ms) {
  const ahead = ms < 0, s = Math.round(Math.abs(ms) / 1000);
  const units = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  const [size, unit] = units.find(([each]) => s >= each) || [1, "s"];
  const words = Math.floor(s / size) + " " + unit;
  return ahead ? "in " + words : words + " ago";
}

function facts(rows) {
  const list = el("dl");
  for (const [name, value] of rows)
    if (value !== null && value !== undefined && value !== "" && !(Array.isArray(value) && !value.length))
      list.append(el("dt", {}, name), el("dd", {}, value));
  return list;
}

function table(heads, rows) {
  const line = (cells) => el("tr", {}, cells.map((cell, i) =>
    el("td", { "data-head": heads[i][0], class: heads[i][1] }, cell)));
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": heads.map((h) => h[0]).join(", ") },
    el("table", {}, el("thead", {}, el("tr", {}, heads.map(([head, kind]) => el("th", { scope: "col", class: kind }, head)))),
      el("tbody", {}, rows.map(line))));
}

function empty(text) { return el("p", { class: "empty" }, text); }

function card(key, head, more) {
  const node = el("details", { class: "card", "data-key": key, open: open.has(key) }, el("summary", {}, head));
  const body = el("div", { class: "more" });
  node.append(body);
  const fill = () => { if (!body.hasChildNodes()) body.append(...[more(body)].flat().filter(Boolean)); };
  if (open.has(key)) fill();
  node.addEventListener("toggle", () => {
    if (node.open) { open.add(key); fill(); } else open.delete(key);
  });
  return node;
}

function labels(object) {
  const pairs = Object.entries(object || {});
  return pairs.length ? pairs.map(([name, value]) => name + "=" + value).join(", ") : "(the whole)";
}

function leaves(list) {
  return (Array.isArray(list) ? list : []).slice(0, 20).flatMap((leaf, i) =>
    [i ? ", " : "", el("a", { href: "/api/evidence/" + encodeURIComponent(leaf) }, "leaf " + leaf)]);
}

function target(criterion) {
  if (!criterion) return "";
  if (typeof criterion === "string") return criterion;
  const parts = [criterion.target && "target " + criterion.target,
    criterion.tolerance && "tolerated " + criterion.tolerance,
    criterion.for && criterion.for !== "0s" && "missed after " + criterion.for,
    criterion.recover && criterion.recover !== "0s" && "met again after " + criterion.recover];
  return parts.filter(Boolean).join(", ");
}

function figure(value, unit, criterion) {
  const aim = criterion && (criterion.target || (typeof criterion === "string" && criterion));
  return el("span", { class: "figure" }, number(value), value === null || value === undefined ? "" : " " + (unit || ""),
    aim ? el("small", {}, "target " + aim) : "");
}

/* --- measures --- */

function measureCard(measure) {
  const tags = [measure.trial && "trial", measure.status === "draft" && "draft",
    measure.provisional && "provisional", measure.would_raise && measure.trial && "would raise"].filter(Boolean);
  const head = [chip(measure.state),
    el("span", { class: "name" }, measure.name || measure.id, el("small", {}, measure.id), tags.map((tag) => el("span", { class: "tag" }, tag))),
    figure(measure.value, measure.unit, measure.criterion),
    measure.reason ? el("span", { class: "reason" }, measure.reason) : ""];
  return card("measure " + measure.id, head, () => [measureFacts(measure), elementTable(measure)]);
}

function measureFacts(measure) {
  const decided = [measure.decided_by, measure.decided_at && [" ", time(measure.decided_at)]].flat(2).filter(Boolean);
  return facts([["Question", measure.information_need], ["Why it matters", measure.why],
    ["When missed", measure.if_missed], ["Criterion", target(measure.criterion)],
    ["Since", time(measure.since)], ["Judged", time(measure.judged_at)], ["Next due", time(measure.next_due_at)],
    ["Population", measure.population && `${typeof measure.population === "string" ? measure.population : JSON.stringify(measure.population)}: ${number(measure.seen)} of ${number(measure.expected)} seen, ${number(measure.breaching)} breaching`],
    ["Owner", measure.owner], ["Controls", (measure.controls || []).join("; ")],
    ["Formula", measure.formula && el("code", {}, measure.formula)],
    ["Construct", `version ${measure.version ?? "?"}, ${measure.status || "status unknown"}`], ["Decided by", decided],
    ["Finding", measure.finding && el("a", { href: "#findings" }, measure.finding)], ["Evidence", leaves(measure.evidence)]]);
}

function elementTable(measure) {
  const rows = (measure.elements || []).map((item) => [chip(item.state), el("span", { class: "mono" }, labels(item.labels)), number(item.value)]);
  return rows.length > 1 ? table([["State"], ["Element", "wide"], ["Value", "num"]], rows) : null;
}

function drawMeasures(body) {
  const all = body.measures || [];
  if (!all.length) return [empty("No measures are configured.")];
  return ORDER.flatMap((state) => {
    const group = all.filter((measure) => known(measure.state) === state);
    if (!group.length) return [];
    return [el("h3", { id: "state-" + state, tabindex: "-1" }, `${STATES[state][1]} (${group.length})`), ...group.map(measureCard)];
  });
}

function drawTiles(status) {
  const counts = status.measures || {};
  document.getElementById("tiles").replaceChildren(...["met", "at_risk", "missed", "unknown", "not_applicable"].map((state) => {
    const count = counts[state] || 0;
    return el("li", { class: state + (count ? "" : " zero") }, el("a", { href: count ? "#state-" + state : "#measures" },
      el("b", {}, count), el("span", {}, STATES[state][0] + " " + STATES[state][1])));
  }));
}

/* --- findings --- */

function findingCard(finding) {
  const since = finding.condition_cleared_at ? ["green again ", time(finding.condition_cleared_at)] : ["raised ", time(finding.raised_at)];
  const head = [chip(finding.state), el("span", { class: "name" }, finding.title || finding.ref, el("small", {}, finding.ref)),
    figure(finding.value, "", finding.criterion),
    el("span", { class: "reason" }, since, finding.times_seen > 1 ? `, seen ${finding.times_seen} times` : "", finding.measure ? `, measure ${finding.measure}` : "")];
  return card("finding " + finding.ref, head, (body) => { fetchFinding(finding.ref, body); return [el("p", { class: "lead" }, "Loading …")]; });
}

async function fetchFinding(ref, body) {
  try {
    const response = await ask("/api/findings/" + encodeURIComponent(ref));
    body.replaceChildren(...findingBody(JSON.parse(response)));
  } catch (error) { body.replaceChildren(el("p", {}, "It could not be loaded: " + error.message)); }
}

function findingBody(finding) {
  const out = [facts([["Type", finding.type], ["Requirement", finding.requirement], ["Objective", finding.objective],
    ["Raised", time(finding.raised_at)], ["Last seen", time(finding.last_seen_at)], ["Green again", time(finding.condition_cleared_at)],
    ["Controls", (finding.controls || []).join("; ")], ["Criterion", target(finding.criterion)],
    ["Population", finding.population && `${number(finding.population.seen)} of ${number(finding.population.expected)} seen`],
    ["Evidence", leaves(finding.evidence)], ["Record", finding.uuid]])];
  const breaching = (finding.breaching || []).map((item) => [el("span", { class: "mono" }, labels(item.labels)), number(item.value)]);
  if (breaching.length) out.push(el("h3", {}, "What breaches"), table([["Element", "wide"], ["Value", "num"]], breaching));
  const excerpts = (finding.excerpts || []).map((item) => [[item.source, item.place].filter(Boolean).join(" "), el("span", { class: "mono" }, item.text)]);
  if (excerpts.length) out.push(el("h3", {}, "What was read"), table([["Where"], ["Text", "wide"]], excerpts));
  const events = (finding.events || []).map((item) => [time(item.at), item.event, item.actor, item.text]);
  if (events.length) out.push(el("h3", {}, "History"), table([["When"], ["Event"], ["Who"], ["What was said", "wide"]], events));
  return out;
}

function drawFindings(body) {
  const all = body.findings || [];
  const isOver = (finding) => finding.state === "closed" || finding.state === "dismissed";
  const now = all.filter((finding) => !isOver(finding)), over = all.filter(isOver);
  const out = now.length ? now.map(findingCard) : [empty("No finding is open.")];
  if (over.length) out.push(el("h3", {}, `closed or dismissed (${over.length})`), ...over.slice(0, 50).map(findingCard));
  return out;
}

/* --- the other lists --- */

function drawObjectives(body) {
  const all = body.objectives || [];
  if (!all.length) return [empty("No objectives are configured.")];
  return all.map((item) => card("objective " + item.id,
    [chip(item.state), el("span", { class: "name" }, item.statement || item.id, el("small", {}, item.id)),
      el("span", { class: "figure" }, el("small", {}, item.due ? "due " + item.due : "")),
      item.reason ? el("span", { class: "reason" }, item.reason) : ""],
    () => [facts([["Responsible", item.responsible], ["Resources", item.resources], ["Policy", item.policy], ["Status", item.status],
      ["Measures", (item.measures || []).flatMap((measure) => [chip(measure.state), " " + measure.id + " "])]])]));
}

function drawCollectors(body) {
  const all = body.collectors || [];
  if (!all.length) return [empty("No collectors are configured.")];
  return [table([["State"], ["Collector"], ["Last run"], ["Next"], ["Reason", "wide"]], all.map((item) => {
    const run = item.last_run || {};
    return [chip(item.state), [el("b", {}, item.name), " ", el("small", {}, item.plugin + (item.version ? " " + item.version : ""))],
      [time(run.ended_at), run.readings !== undefined ? `, ${run.readings} readings` : ""], time(item.next_due_at), item.reason || ""];
  }))];
}

function drawNotJudged(body) {
  const all = body.items || [];
  if (!all.length) return [empty("Everything that is configured is judged.")];
  return [table([["Why"], ["What"], ["Reason", "wide"], ["Decided by"], ["Until"]], all.map((item) =>
    [chip(item.why), `${item.kind} ${item.id}`, item.reason || "", item.decided_by || "nobody", time(item.until) || item.until || "not limited"]))];
}

function drawEvidence(status) {
  const head = status.ledger || {}, outbox = status.outbox || {};
  return [el("div", { class: "card" }, el("div", { class: "more" }, facts([
    ["Records", el("a", { href: "/api/evidence" }, number(head.size))], ["Root", el("span", { class: "mono" }, head.root || "none yet")],
    ["Series", `${number(status.series)} with ${number(status.samples)} samples`],
    ["Messages out", `${number(outbox.waiting)} waiting, ${number(outbox.failed)} of them failed before`],
    ["Configuration", status.config && [el("span", { class: "mono" }, String(status.config.hash || "").slice(0, 16)), " loaded ", time(status.config.loaded_at)]],
    ["State folder", status.state_dir && el("code", {}, status.state_dir)], ["Running since", time(status.started_at)]])))];
}

function drawHead(status) {
  const notes = document.getElementById("notes");
  const texts = [...(status.notes || [])];
  if (status.allow_unattributed) texts.push("Acts are allowed without a login behind them (allow_unattributed).");
  notes.hidden = !texts.length;
  notes.replaceChildren(...texts.map((note) => el("li", {}, note)));
  document.getElementById("ready").textContent = status.ready ? "● ready" : "○ not ready";
  document.getElementById("version").textContent = status.version ? "conformd " + status.version + "." : "";
  document.getElementById("host").textContent = status.host || (location.hostname === "localhost" ? "" : location.hostname);
}

/* --- refreshing --- */

const LISTS = [["measures", "/api/measures", drawMeasures], ["findings", "/api/findings", drawFindings],
  ["objectives", "/api/objectives", drawObjectives], ["collectors", "/api/collectors", drawCollectors],
  ["not_judged", "/api/not_judged", drawNotJudged]];

class Ended extends Error {}

async function ask(path) {
  const response = await fetch(path, { credentials: "same-origin", cache: "no-store", headers: { Accept: "application/json" } });
  if (response.status === 401 || response.status === 403) throw new Ended("the session has ended");
  const text = await response.text();
  if (!response.ok) {
    let why = "status " + response.status;
    try { why = JSON.parse(text).error || why; } catch { /* no JSON: the status must do */ }
    throw new Error(why);
  }
  return text;
}

function draw(name, nodes) {
  const place = document.querySelector(`[data-list="${name}"]`);
  const key = document.activeElement?.closest?.("[data-key]")?.dataset.key;
  place.replaceChildren(...nodes);
  if (key) place.querySelector(`[data-key="${CSS.escape(key)}"] > summary`)?.focus({ preventScroll: true });
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
  notice([el("h2", {}, "Your session has ended"), el("p", {}, "On the machine that conformd runs on, run"),
    el("pre", {}, el("code", {}, "conformctl open")), el("p", {}, "and follow the link that it prints.")]);
}

function showTrouble(error) {
  document.body.classList.add("past");
  notice([el("h2", {}, "No present figures"), el("p", {}, `conformd does not answer: ${error.message}. `,
    lastGood ? `What is shown below is from ${lastGood.toLocaleTimeString()}.` : "")]);
}

async function refresh() {
  clearTimeout(timer);
  try {
    const [statusText, ...texts] = await Promise.all([ask("/api/status"), ...LISTS.map(([, path]) => ask(path))]);
    const status = JSON.parse(statusText);
    drawHead(status);
    drawTiles(status);
    draw("evidence", drawEvidence(status));
    LISTS.forEach(([name, , render], i) => {
      const minute = Math.floor(Date.now() / 60000); // "3 min ago" moves on even when nothing else does
      if (seen[name] === texts[i] + minute) return;
      seen[name] = texts[i] + minute;
      draw(name, render(JSON.parse(texts[i])));
    });
    lastGood = new Date();
    document.getElementById("when").textContent = "as of " + lastGood.toLocaleTimeString();
    document.body.classList.remove("past");
    notice(null);
  } catch (error) {
    if (error instanceof Ended) { showEnd(); return; }
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
document.addEventListener("visibilitychange", () => { if (!document.hidden && !paused && !ended) refresh(); });
refresh();
