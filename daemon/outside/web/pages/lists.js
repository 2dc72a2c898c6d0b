/* Draws each list out of what the API says. */
"use strict";

/* --- measures --- */

function measureCard(measure) {
  const tags = [
    measure.trial && "trial", measure.status === "draft" && "draft",
    measure.provisional && "provisional", measure.would_raise && measure.trial && "would raise"
  ].filter(Boolean);
  const head = [
    chip(measure.state),
    el("span", {class: "name"}, measure.name || measure.id, el("small", {}, measure.id),
       tags.map((tag) => el("span", {class: "tag"}, tag))),
    figure(measure.value, measure.unit, measure.criterion),
    measure.reason ? el("span", {class: "reason"}, measure.reason) : ""
  ];
  return card("measure " + measure.id, head, () => [measureFacts(measure), elementTable(measure)]);
}

function measureFacts(measure) {
  const decided = [
    measure.decided_by, measure.decided_at && [" ", time(measure.decided_at)]
  ].flat(2).filter(Boolean);
  return facts([
    ["Question", measure.information_need], ["Why it matters", measure.why],
    ["When missed", measure.if_missed], ["Criterion", target(measure.criterion)],
    ["Since", time(measure.since)], ["Judged", time(measure.judged_at)],
    ["Next due", time(measure.next_due_at)],
    [
      "Population",
      measure.population &&
          `${
              typeof measure.population === "string" ?
                  measure.population :
                  JSON.stringify(measure.population)}: ${number(measure.seen)} of ${
              number(measure.expected)} seen, ${number(measure.breaching)} breaching`
    ],
    ["Owner", measure.owner], ["Controls", (measure.controls || []).join("; ")],
    ["Formula", measure.formula && el("code", {}, measure.formula)],
    ["Construct", `version ${measure.version ?? "?"}, ${measure.status || "status unknown"}`],
    ["Decided by", decided],
    ["Finding", measure.finding && el("a", {href: "#findings"}, measure.finding)],
    ["Evidence", leaves(measure.evidence)]
  ]);
}

function elementTable(measure) {
  const rows = (measure.elements || [])
                   .map(
                       (item) =>
                           [chip(item.state), el("span", {class: "mono"}, labels(item.labels)),
                            number(item.value)]);
  return rows.length > 1 ? table([["State"], ["Element", "wide"], ["Value", "num"]], rows) : null;
}

function drawMeasures(body) {
  const all = body.measures || [];
  if (!all.length) return [empty("No measures are configured.")];
  return ORDER.flatMap((state) => {
    const group = all.filter((measure) => known(measure.state) === state);
    if (!group.length) return [];
    return [
      el("h3", {id: "state-" + state, tabindex: "-1"}, `${STATES[state][1]} (${group.length})`),
      ...group.map(measureCard)
    ];
  });
}

function drawTiles(status) {
  const counts = status.measures || {};
  document.getElementById("tiles").replaceChildren(
      ...["met", "at_risk", "missed", "unknown", "not_applicable"].map((state) => {
        const count = counts[state] || 0;
        return el(
            "li", {class: state + (count ? "" : " zero")},
            el("a", {href: count ? "#state-" + state : "#measures"}, el("b", {}, count),
               el("span", {}, STATES[state][0] + " " + STATES[state][1])));
      }));
}

/* --- findings --- */

function findingCard(finding) {
  const since = finding.condition_cleared_at ?
      ["green again ", time(finding.condition_cleared_at)] :
      ["raised ", time(finding.raised_at)];
  const head = [
    chip(finding.state),
    el("span", {class: "name"}, finding.title || finding.ref, el("small", {}, finding.ref)),
    figure(finding.value, "", finding.criterion),
    el("span", {class: "reason"}, since,
       finding.times_seen > 1 ? `, seen ${finding.times_seen} times` : "",
       finding.measure ? `, measure ${finding.measure}` : "")
  ];
  return card("finding " + finding.ref, head, (body) => {
    fetchFinding(finding.ref, body);
    return [el("p", {class: "lead"}, "Loading …")];
  });
}

async function fetchFinding(ref, body) {
  try {
    const response = await ask("/api/findings/" + encodeURIComponent(ref));
    body.replaceChildren(...findingBody(JSON.parse(response)));
  } catch (error) {
    body.replaceChildren(el("p", {}, "It could not be loaded: " + error.message));
  }
}

function findingBody(finding) {
  const out = [facts([
    ["Type", finding.type], ["Requirement", finding.requirement], ["Objective", finding.objective],
    ["Raised", time(finding.raised_at)], ["Last seen", time(finding.last_seen_at)],
    ["Green again", time(finding.condition_cleared_at)],
    ["Controls", (finding.controls || []).join("; ")], ["Criterion", target(finding.criterion)],
    [
      "Population",
      finding.population &&
          `${number(finding.population.seen)} of ${number(finding.population.expected)} seen`
    ],
    ["Evidence", leaves(finding.evidence)], ["Record", finding.uuid]
  ])];
  const breaching =
      (finding.breaching ||
       []).map((item) => [el("span", {class: "mono"}, labels(item.labels)), number(item.value)]);
  if (breaching.length)
    out.push(
        el("h3", {}, "What breaches"), table([["Element", "wide"], ["Value", "num"]], breaching));
  const excerpts = (finding.excerpts || [])
                       .map(
                           (item) => [
                               [item.source, item.place].filter(Boolean).join(" "),
                               el("span", {class: "mono"}, item.text)]);
  if (excerpts.length)
    out.push(el("h3", {}, "What was read"), table([["Where"], ["Text", "wide"]], excerpts));
  const events =
      (finding.events || []).map((item) => [time(item.at), item.event, item.actor, item.text]);
  if (events.length)
    out.push(
        el("h3", {}, "History"),
        table([["When"], ["Event"], ["Who"], ["What was said", "wide"]], events));
  return out;
}

function drawFindings(body) {
  const all = body.findings || [];
  const isOver = (finding) => finding.state === "closed" || finding.state === "dismissed";
  const now = all.filter((finding) => !isOver(finding)), over = all.filter(isOver);
  const out = now.length ? now.map(findingCard) : [empty("No finding is open.")];
  if (over.length)
    out.push(
        el("h3", {}, `closed or dismissed (${over.length})`),
        ...over.slice(0, 50).map(findingCard));
  return out;
}

/* --- the other lists --- */

function drawObjectives(body) {
  const all = body.objectives || [];
  if (!all.length) return [empty("No objectives are configured.")];
  return all.map(
      (item) => card(
          "objective " + item.id,
          [
            chip(item.state),
            el("span", {class: "name"}, item.statement || item.id, el("small", {}, item.id)),
            el("span", {class: "figure"}, el("small", {}, item.due ? "due " + item.due : "")),
            item.reason ? el("span", {class: "reason"}, item.reason) : ""
          ],
          () => [facts([
            ["Responsible", item.responsible], ["Resources", item.resources],
            ["Policy", item.policy], ["Status", item.status],
            [
              "Measures",
              (item.measures ||
               []).flatMap((measure) => [chip(measure.state), " " + measure.id + " "])
            ]
          ])]));
}

function drawCollectors(body) {
  const all = body.collectors || [];
  if (!all.length) return [empty("No collectors are configured.")];
  return [table(
      [["State"], ["Collector"], ["Last run"], ["Next"], ["Reason", "wide"]], all.map((item) => {
        const run = item.last_run || {};
        return [
          chip(item.state),
          [
            el("b", {}, item.name), " ",
            el("small", {}, item.plugin + (item.version ? " " + item.version : ""))
          ],
          [time(run.ended_at), run.readings !== undefined ? `, ${run.readings} readings` : ""],
          item.next_due_at && new Date(item.next_due_at) < new Date() ? "due"
                                                                      : time(item.next_due_at),
          item.reason || ""
        ];
      }))];
}

/* What stands there for one and the same reason is one line. */
function grouped(items) {
  const groups = new Map();
  for (const item of items) {
    const key = JSON.stringify([item.kind, item.why, item.reason, item.decided_by, item.until]);
    if (!groups.has(key)) groups.set(key, {...item, ids: []});
    groups.get(key).ids.push(item.id);
  }
  return [...groups.values()];
}

function drawNotJudged(body) {
  const all = grouped(body.items || []);
  if (!all.length) return [empty("Everything that is configured is judged.")];
  const kinds = (item) => item.ids.length > 1 ? `${item.ids.length} ${item.kind}s` : item.kind;
  const until = (item) => time(item.until) || item.until || (item.decided_by ? "no limit" : "–");
  return [table(
      [["Why"], ["What"], ["Which", "wide"], ["Reason", "wide"], ["Decided by"], ["Until"]],
      all.map((item) => [
        chip(item.why), kinds(item), item.ids.join(", "), item.reason || "",
        item.decided_by || "nobody", until(item)
      ]))];
}

function drawEvidence(status) {
  const head = status.ledger || {}, outbox = status.outbox || {};
  return [
    el("div", {class: "card"},
       el("div", {class: "more"}, facts([
            ["Records", el("a", {href: "/api/evidence"}, number(head.size))],
            ["Root", el("span", {class: "mono"}, head.root || "none yet")],
            ["Series", `${number(status.series)} with ${number(status.samples)} samples`],
            [
              "Messages out",
              `${number(outbox.waiting)} waiting, ${number(outbox.failed)} of them failed before`
            ],
            [
              "Configuration",
              status.config &&
                  [
                    el("span", {class: "mono"}, String(status.config.hash || "").slice(0, 16)),
                    " loaded ", time(status.config.loaded_at)
                  ]
            ],
            ["State folder", status.state_dir && el("code", {}, status.state_dir)],
            ["Running since", time(status.started_at)]
          ])))
  ];
}

function drawHead(status) {
  const notes = document.getElementById("notes");
  const texts = [...(status.notes || [])];
  if (status.allow_unattributed)
    texts.push("Acts are allowed without a login behind them (allow_unattributed).");
  notes.hidden = !texts.length;
  notes.replaceChildren(...texts.map((note) => el("li", {}, note)));
  document.getElementById("ready").textContent = status.ready ? "● ready" : "○ not ready";
  document.getElementById("version").textContent =
      status.version ? "conformd " + status.version + "." : "";
  document.getElementById("host").textContent =
      status.host || (location.hostname === "localhost" ? "" : location.hostname);
}
