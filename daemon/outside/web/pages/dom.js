/* Makes the pieces of the page. Every text of the API goes in as text, never as markup. */
"use strict";

const STATES = {
  met: ["✓", "met"],
  at_risk: ["▲", "at risk"],
  missed: ["✕", "missed"],
  unknown: ["?", "unknown"],
  not_applicable: ["–", "not applicable"],
  well: ["✓", "well"],
  partial: ["▲", "partial"],
  failed: ["✕", "failed"],
  absent: ["○", "absent"],
  standby: ["–", "standby"],
  starting: ["…", "starting"],
  on_course: ["✓", "on course"],
  behind: ["▲", "behind"],
  achieved: ["✓", "achieved"],
  candidate: ["!", "candidate"],
  registered: ["●", "registered"],
  evaluated: ["●", "evaluated"],
  handling: ["●", "handling"],
  closed: ["✓", "closed"],
  dismissed: ["–", "dismissed"],
  trial: ["~", "trial"],
  draft: ["~", "draft"],
  provisional: ["~", "provisional"],
  disabled: ["–", "disabled"],
};
const ORDER = ["missed", "at_risk", "unknown", "met", "not_applicable"];
const opened = new Set();  // keys of the details that are open

function el(name, attributes, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {}))
    if (value !== null && value !== undefined && value !== false)
      node.setAttribute(key, value === true ? "" : value);
  for (const child of children.flat())
    if (child !== null && child !== undefined && child !== "")
      node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  return node;
}

function known(state) {
  return Object.hasOwn(STATES, state) ? state : "unknown";
}

function chip(state) {
  const [symbol, word] = Object.hasOwn(STATES, state) ? STATES[state] : ["?", String(state)];
  return el(
      "span", {class: "chip " + known(state)}, el("i", {"aria-hidden": "true"}, symbol), word);
}

function number(value) {
  if (typeof value !== "number") return value === null || value === undefined ? "–" : String(value);
  return new Intl.NumberFormat("en", {maximumSignificantDigits: 6}).format(value);
}

function time(text) {
  const at = new Date(text);
  if (!text || isNaN(at)) return "";
  const full = at.toISOString().replace("T", " ").slice(0, 19) + " UTC";
  return el("time", {datetime: text, title: full}, span(Date.now() - at));
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
    if (value !== null && value !== undefined && value !== "" &&
        !(Array.isArray(value) && !value.length))
      list.append(el("dt", {}, name), el("dd", {}, value));
  return list;
}

function table(heads, rows) {
  const line = (cells) =>
      el("tr", {},
         cells.map((cell, i) => el("td", {"data-head": heads[i][0], class: heads[i][1]}, cell)));
  return el(
      "div", {
        class: "scroll",
        tabindex: "0",
        role: "region",
        "aria-label": heads.map((h) => h[0]).join(", ")
      },
      el("table", {},
         el("thead", {},
            el("tr", {}, heads.map(([head, kind]) => el("th", {scope: "col", class: kind}, head)))),
         el("tbody", {}, rows.map(line))));
}

function empty(text) {
  return el("p", {class: "empty"}, text);
}

function card(key, head, more) {
  const node =
      el("details", {class: "card", "data-key": key, open: opened.has(key)}, el("summary", {}, head));
  const body = el("div", {class: "more"});
  node.append(body);
  const fill = () => {
    if (!body.hasChildNodes()) body.append(...[more(body)].flat().filter(Boolean));
  };
  if (opened.has(key)) fill();
  node.addEventListener("toggle", () => {
    if (node.open) {
      opened.add(key);
      fill();
    } else
      opened.delete(key);
  });
  return node;
}

function labels(object) {
  const pairs = Object.entries(object || {});
  return pairs.length ? pairs.map(([name, value]) => name + "=" + value).join(", ") : "(the whole)";
}

function leaves(list) {
  return (Array.isArray(list) ? list : [])
      .slice(0, 20)
      .flatMap(
          (leaf, i) =>
              [i ? ", " : "",
               el("a", {href: "/api/evidence/" + encodeURIComponent(leaf)}, "leaf " + leaf)]);
}

function target(criterion) {
  if (!criterion) return "";
  if (typeof criterion === "string") return criterion;
  const parts = [
    criterion.target && "target " + criterion.target,
    criterion.tolerance && "tolerated " + criterion.tolerance,
    criterion.for && criterion.for !== "0s" && "missed after " + criterion.for,
    criterion.recover && criterion.recover !== "0s" && "met again after " + criterion.recover
  ];
  return parts.filter(Boolean).join(", ");
}

function figure(value, unit, criterion) {
  const aim = criterion && (criterion.target || (typeof criterion === "string" && criterion));
  return el(
      "span", {class: "figure"}, number(value),
      value === null || value === undefined ? "" : " " + (unit || ""),
      aim ? el("small", {}, "target " + aim) : "");
}
