"use strict";
// The page's own script: the list of flags, a page for each, and its pictures. Texts out of records are only ever put
// on the page as text (`textContent`), never as markup.
(() => {
  const data = (name) => JSON.parse(document.getElementById(`data-${name}`).textContent);
  const flags = data("flags");
  const specifications = data("charts");
  const pictures = data("pictures");
  const seal = data("seal");
  const column = Object.fromEntries(flags.columns.map((name, at) => [name, at]));
  const PAGE = 50;

  // ---------------------------------------------------------------- making elements

  function make(name, attributes = {}, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (key === "on") for (const [event, run] of Object.entries(value)) element.addEventListener(event, run);
      else if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : value);
    }
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
  }

  const show = (value) => {
    if (value === null || value === undefined) return "";
    if (typeof value !== "number") return String(value);
    if (Number.isInteger(value)) return value.toLocaleString("en");
    return Math.abs(value) < 0.001 ? value.toExponential(1) : value.toLocaleString("en", {maximumSignificantDigits: 3});
  };

  // The whole text stands on the flag's own page.
  const clipped = (text) => (text.length <= 200 ? text : `${text.slice(0, text.lastIndexOf(" ", 200))} …`);

  const spoken = (name) => String(name).replaceAll("_", " ");

  function table(columns, rows, label) {
    const numeric = columns.map((name, at) => rows.length > 0 && rows.every((row) => typeof row[at] === "number" || (row[at] ?? null) === null));
    const head = make("tr", {}, ...columns.map((name, at) => make("th", {scope: "col", class: numeric[at] ? "number" : null}, spoken(name))));
    const body = rows.map((row) => make("tr", {}, ...row.map((cell) =>
      cell instanceof Node ? make("td", {}, cell) : make("td", {class: typeof cell === "number" ? "number" : null}, show(cell)))));
    return make("div", {class: "scroll", role: "region", tabindex: "0", "aria-label": label},
      make("table", {}, make("thead", {}, head), make("tbody", {}, ...body)));
  }

  // ---------------------------------------------------------------- pictures

  function colours() {
    const style = getComputedStyle(document.documentElement);
    const of = (name) => style.getPropertyValue(name).trim();
    return {
      background: null, view: {stroke: null}, font: "system-ui, sans-serif",
      axis: {labelColor: of("--text"), titleColor: of("--text"), gridColor: of("--line"), domainColor: of("--line"), tickColor: of("--line"), labelFontSize: 12, titleFontSize: 12},
      legend: {labelColor: of("--text"), titleColor: of("--text"), orient: "top"},
      rect: {fill: of("--bars")}, point: {color: of("--mark")}, rule: {color: of("--mark")},
    };
  }

  async function draw(place, name, datasets, title, who) {
    const specification = structuredClone(specifications[name]);
    specification.datasets = datasets;
    if (who) specification.layer[0].encoding.y.title = who;
    if (title && specification.layer) {
      const titled = specification.layer.find((layer) => layer.encoding.x && layer.encoding.x.title);
      if (titled) titled.encoding.x.title = title;
    }
    place.replaceChildren();
    place.style.width = "100%";
    await charts.draw(place, specification, colours());
    const picture = place.querySelector("svg");
    if (picture) { picture.setAttribute("role", "img"); picture.setAttribute("aria-label", title || name); }
  }

  // A picture, and the button that shows the table behind it.
  function figure(heading, sentence, name, datasets, columns, rows, title, who) {
    const place = make("div", {class: "chart"});
    const behind = make("div", {class: "behind", hidden: true}, table(columns, rows, heading));
    const button = make("button", {type: "button", class: "switch", "aria-expanded": "false"}, "Show as a table");
    button.addEventListener("click", () => flip(button, place, behind));
    const whole = make("figure", {class: "picture"},
      make("figcaption", {}, make("h4", {}, heading), sentence ? make("p", {}, sentence) : null), button, place, behind);
    whole.draw = () => draw(place, name, datasets, title || heading, who);
    return whole;
  }

  function flip(button, place, behind) {
    behind.hidden = !behind.hidden;
    place.hidden = !behind.hidden;
    button.setAttribute("aria-expanded", String(!behind.hidden));
    button.textContent = behind.hidden ? "Show as a table" : "Show as a picture";
  }

  function drawRates() {
    for (const place of document.querySelectorAll("[data-picture]")) {
      const picture = pictures[Number(place.dataset.picture)];
      const rows = picture.rows.map(([label, value, low, high, count, n]) => ({label, value, low, high, count, n}));
      const behind = place.querySelector(".behind");
      if (!behind.childElementCount) {
        behind.append(table(["", picture.axis, "low", "high", "count", "of"], picture.rows, picture.title));
        const button = place.querySelector(".switch");
        button.addEventListener("click", () => flip(button, place.querySelector(".chart"), behind));
      }
      draw(place.querySelector(".chart"), picture.chart, {rows}, picture.axis);
    }
  }

  // ---------------------------------------------------------------- the list of flags

  const SHOWN = ["flag_id", "subject_id", "as_of", "concern", "promise", "q_value", "explanation"];
  const TITLES = {flag_id: "flag", subject_id: "subject", as_of: "as of", q_value: "q", explanation: "why a human should look"};
  const list = document.getElementById("list");
  const more = document.getElementById("more");
  const filters = Object.fromEntries(["search", "concern", "promise", "family"].map((name) => [name, document.getElementById(name)]));
  const texts = flags.rows.map((row) => row.map((cell) => spoken(cell ?? "")).join(" ").toLowerCase());
  let order = {column: null, descending: false};
  let chosen = [];
  let length = PAGE;

  function choose() {
    const words = filters.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (row, at) =>
      ["concern", "promise", "family"].every((name) => !filters[name].value || row[column[name]] === filters[name].value) &&
      words.every((word) => texts[at].includes(spoken(word)));
    chosen = flags.rows.map((row, at) => at).filter((at) => fits(flags.rows[at], at));
    if (order.column !== null) {
      const at = column[order.column];
      const sign = order.descending ? -1 : 1;
      const numeric = order.column === "subject_id";
      const rank = (value) => (value === null ? Infinity : numeric ? Number(value) : value);
      chosen.sort((one, two) => {
        const a = rank(flags.rows[one][at]), b = rank(flags.rows[two][at]);
        return (a < b ? -1 : a > b ? 1 : 0) * sign || one - two;
      });
    }
    length = PAGE;
    fill();
  }

  function fill() {
    const rows = chosen.slice(0, length).map((at) => {
      const row = flags.rows[at];
      const id = row[column.flag_id];
      return make("tr", {}, ...SHOWN.map((name) => {
        const value = row[column[name]];
        if (name === "flag_id") return make("td", {}, make("a", {href: `#flag/${id}`}, id.slice(0, 12)));
        if (name === "subject_id") return make("td", {class: "short"}, `${row[column.subject_kind]} ${value}`);
        return make("td", {class: name === "explanation" ? "why" : "short"}, name === "explanation" ? clipped(value) : show(value));
      }));
    });
    list.tBodies[0].replaceChildren(...rows);
    more.hidden = chosen.length <= length;
    document.getElementById("count").textContent =
      `${chosen.length.toLocaleString("en")} of ${flags.rows.length.toLocaleString("en")} flags` + (chosen.length > length ? `, ${length} shown` : "");
    for (const cell of list.tHead.rows[0].cells) {
      const own = cell.dataset.column === order.column;
      cell.setAttribute("aria-sort", own ? (order.descending ? "descending" : "ascending") : "none");
    }
  }

  function heads() {
    for (const name of SHOWN) {
      const button = make("button", {type: "button", on: {click: () => {
        order = {column: name, descending: order.column === name && !order.descending};
        choose();
      }}}, TITLES[name] || name);
      list.tHead.rows[0].append(make("th", {scope: "col", "data-column": name, "aria-sort": "none"}, button));
    }
    for (const name of ["concern", "promise", "family"]) {
      const values = [...new Set(flags.rows.map((row) => row[column[name]]))].sort();
      filters[name].append(...values.map((value) => make("option", {value}, value)));
    }
    for (const field of Object.values(filters)) field.addEventListener("input", choose);
    document.getElementById("filters").addEventListener("submit", (event) => event.preventDefault());
    more.addEventListener("click", () => { length += PAGE; fill(); });
    document.getElementById("export").addEventListener("click", save);
  }

  // A spreadsheet takes a cell that begins with one of these for a formula.
  function csvCell(value) {
    const text = Array.isArray(value) ? value.join(" ") : String(value ?? "");
    const harmless = typeof value !== "number" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return `"${harmless.replaceAll('"', '""')}"`;
  }

  function save() {
    const lines = [flags.columns, ...chosen.map((at) => flags.rows[at])].map((row) => row.map(csvCell).join(","));
    const link = make("a", {href: URL.createObjectURL(new Blob([lines.join("\r\n") + "\r\n"], {type: "text/csv"})), download: "flags.csv"});
    link.click();
    URL.revokeObjectURL(link.href);
  }

  // ---------------------------------------------------------------- the page of one flag

  const unpacked = new Map();

  async function block(number) {
    if (!unpacked.has(number)) {
      const text = document.querySelector(`[data-block="${number}"]`).textContent;
      const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
      const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
      unpacked.set(number, JSON.parse(await new Response(stream).text()));
    }
    return unpacked.get(number);
  }

  const spanOf = (part) => part.covered_days === undefined ? part.window_days : `${part.covered_days} of ${part.window_days}`;

  function partsOf(score) {
    const parts = score.parts.filter((part) => "indicator" in part);
    const columns = ["indicator", "days", "observed", "expected", "19 in 20 peers: from", "to", "exposure"];
    const rows = parts.map((part) => [spoken(part.indicator), spanOf(part), part.observed, part.expected, part.low, part.high, part.exposure]);
    if (!parts.length) return [];
    const peers = score.group === null ? "" : `, next to ${show(score.peers)} peers (${score.group})`;
    return [make("h4", {}, `By ${spoken(score.detector)}${peers}`), table(columns, rows, `What ${spoken(score.detector)} rests on`)];
  }

  // Two detectors may look at the same values: each is drawn once.
  function* picturesOf(row, details) {
    const who = row[column.subject_kind] === "unit" ? "teams" : "people";
    const titles = new Set();
    for (const score of details.scores) {
      for (const part of score.parts) {
        const bars = part.histogram;
        if (!bars.length) continue;
        const rule = "rule" in part;
        const value = rule ? part.hit_days : part.observed;
        const name = spoken(rule ? part.rule : part.indicator);
        const heading = rule ? `${name}: contradicted days of everybody who made such claims` : `${name} in ${spanOf(part)} days, next to ${score.group}`;
        if (titles.has(heading)) continue;
        titles.add(heading);
        const marks = [{what: "this subject", value}];
        if (part.expected !== undefined) marks.push({what: "expected", value: part.expected});
        const datasets = {bars: bars.map(([from, to, people]) => ({from, to, people})), marks};
        const number = show(bars.reduce((sum, bar) => sum + bar[2], 0));
        const drawn = rule ? `Drawn are ${number} ${who} who made such claims.` : `Drawn are the ${number} other ${who} with enough exposure.`;
        const picture = figure(heading, `${part.question || score.question} ${drawn}`.trim(), "peers", datasets, ["from", "to", who], bars,
          rule ? "contradicted days" : "what peers show at this subject's exposure", who);
        yield {picture, unusual: rule || !(value <= part.high)};
      }
    }
  }

  function* timesOf(details) {
    const rows = details.rows.flatMap((cited) => cited.day === null ? [] :
      cited.rows.map((cells) => ({table: spoken(cited.table), day: Date.parse(String(cells[cited.day]).slice(0, 10)), text: cells[cited.day], row: cells[0]})));
    const cut = details.rows.filter((cited) => cited.rows.length < cited.total).map((cited) => `${cited.rows.length} of ${show(cited.total)} of ${spoken(cited.table)}`);
    const sentence = `The rows it rests on, by day${cut.length ? `; shown are ${cut.join(", ")}` : ""}.`;
    if (rows.length) yield figure("When", sentence, "time", {rows}, ["table", "day", "row"], rows.map((row) => [row.table, row.text, row.row]));
  }

  // Those that are as ordinary peers' are drawn when somebody asks for them.
  function nextToOthers(pictures) {
    const drawn = pictures.filter((one) => one.unusual).map((one) => one.picture);
    const others = pictures.filter((one) => !one.unusual).map((one) => one.picture);
    if (!drawn.length) drawn.push(...others.splice(0, 1));
    const rest = make("details", {class: "node"},
      make("summary", {}, `Also looked at, and within what 19 in 20 peers show: ${others.length}`), ...others);
    rest.addEventListener("toggle", () => { if (rest.open) for (const picture of others) picture.draw(); });
    return {drawn, rest: others.length ? [rest] : []};
  }

  function tree(node, open) {
    const facts = make("dl", {}, ...node.facts.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
    const body = [facts, ...node.below.map((below) => tree(below, false))];
    return make("details", {open, class: "node"}, make("summary", {}, make("span", {class: "kind"}, node.kind), " ", spoken(node.name)), ...body);
  }

  function rowsOf(cited) {
    const left = cited.total - cited.rows.length;
    const note = left > 0 ? make("p", {}, `${left.toLocaleString("en")} more rows are cited in evidence.parquet.`) : null;
    const title = `${spoken(cited.table)}: ${cited.total.toLocaleString("en")} rows`;
    return make("details", {class: "rows", open: cited.rows.length <= 10}, make("summary", {}, title),
      table(cited.columns, cited.rows, spoken(cited.table)), note);
  }

  const command = (text) => make("pre", {tabindex: "0"}, text);

  // What was computed for this page, or that it was not, and the commands that compute it.
  const partOf = (title, content, otherwise, commands) => make("section", {class: "part"}, make("h4", {}, title),
    ...(content.length ? content : [make("p", {class: "note"}, `Not computed for this page. ${otherwise}`), command(commands)]));

  const listOf = (lines) => make("ul", {}, ...lines.map((line) => make("li", {}, line)));

  function changesOf(details, id) {
    const short = id.slice(0, 12);
    const {fewer = [], fewest = null, rows = [], again = []} = details.changes || {};
    const counts = fewest === null ? [] : [...(fewer.length ? [listOf(fewer)] : []), make("p", {}, fewest), ...(rows.length ? [listOf(rows)] : [])];
    const fares = details.survival;
    const shares = fares === null ? [] : [make("p", {}, fares.sentence),
      ...(fares.by.length ? [table(["dimension", "choice", "specifications", "share that raises it"], fares.by.map(([dimension, choice, number, share]) => [dimension, choice, number, `${Math.round(100 * share)}%`]), "By choice")] : [])];
    return [
      partOf("Fewer rows", counts, "This finds the fewest rows without which it would not have been raised:", `opencse explain RUN ${short}`),
      partOf("Other peers and seeds", again.length ? [listOf(again)] : [], "This counts how often it is raised again with peers drawn anew and with other seeds:", `opencse explain RUN ${short} --stability`),
      partOf("Other defensible choices", shares, "This runs every flag under other windows, peers, nulls and cuts, after saying how long it takes:", "opencse dossier RUN --survival --out dossier.html")];
  }

  function reviewsOf(details, id) {
    if (details.reviews.length) return table(["when", "who", "outcome", "reason", "contested"], details.reviews.map((row) => row.map((cell) => spoken(cell ?? ""))), "Reviews");
    return make("p", {}, "Nobody has recorded a review. Until somebody has looked, nothing is known but what stands here.");
  }

  // RFC 6962: a leaf is hashed after a byte of 0, two hashes after a byte of 1.
  function proofOf(leaf) {
    const code = (text) => make("code", {}, text);
    const bytes = atob(seal.hashes);
    const hash = (number) => Array.from(bytes.slice(32 * number, 32 * number + 32), (byte) => byte.charCodeAt(0).toString(16).padStart(2, "0")).join("");
    return [make("details", {class: "node"},
      make("summary", {}, `Proof that it is leaf ${leaf.index.toLocaleString("en")} of the ${seal.size.toLocaleString("en")} that the run sealed, counted from 0`),
      make("p", {}, "The leaf, whose SHA-256 is that of the flag's line in ledger/flags.jsonl: ", code(leaf.content)),
      make("p", {}, "Its hash (RFC 6962): ", code(hash(leaf.hash))),
      make("p", {}, leaf.proof.length ? "Hashed with each of these in turn, in the order of RFC 9162, section 2.1.3:" : "It is the only leaf."),
      make("ol", {}, ...leaf.proof.map((step) => make("li", {}, code(hash(step))))),
      make("p", {}, "it gives the root that manifest.json names under seal: ", code(seal.root)))];
  }

  function checksOf(details, id) {
    return [...(details.leaf === null ? [] : proofOf(details.leaf)),
      make("p", {}, "The first command prints its proof against the ledger's checkpoint, the second checks all of the seal with Python alone, the third computes the flag again from its rows."),
      command(`opencse ledger prove RUN ${id.slice(0, 12)}\npython3 RUN/verify.py\nopencse replay RUN ${id.slice(0, 12)}`)];
  }

  async function open(id) {
    const at = flags.rows.findIndex((row) => row[column.flag_id] === id);
    const article = document.getElementById("flag");
    if (at < 0) { location.hash = "flags"; return; }
    const row = flags.rows[at];
    const details = (await block(Math.floor(at / flags.block)))[at % flags.block];
    const {drawn, rest} = nextToOthers([...picturesOf(row, details)]);
    const times = [...timesOf(details)];
    const value = (cell) => (typeof cell === "string" ? spoken(cell) : show(cell));
    const facts = ["concern", "promise", "family", "standard", "audience", "status", "p_value", "q_value"]
      .filter((name) => row[column[name]] !== null).flatMap((name) => [make("dt", {}, spoken(name)), make("dd", {}, value(row[column[name]]))]);
    const title = make("h2", {id: "flag-title", tabindex: "-1"}, `Flag ${id.slice(0, 12)}: ${row[column.subject_kind]} ${row[column.subject_id]}`);
    article.replaceChildren(
      make("p", {}, make("a", {href: "#flags"}, "Back to the list")), title,
      make("p", {class: "note"}, "A record worth a human look, not a finding."),
      make("section", {}, make("h3", {}, "Why"), make("p", {}, row[column.explanation]), make("dl", {class: "facts"}, ...facts),
        ...details.scores.flatMap(partsOf)),
      make("section", {}, make("h3", {}, "Next to others"), ...drawn, ...rest, ...times),
      make("section", {}, make("h3", {}, "What it assumes"), make("ul", {}, ...details.assumptions.map((line) => make("li", {}, line)))),
      make("section", {}, make("h3", {}, "The rows it rests on"), ...details.rows.map(rowsOf)),
      make("section", {}, make("h3", {}, "Where it comes from"), make("p", {}, "Open a part to see what it is made from, down to the source files."), tree(details.lineage, true)),
      make("section", {}, make("h3", {}, "What would have changed it"), ...changesOf(details, id)),
      make("section", {}, make("h3", {}, "What people decided"), reviewsOf(details, id)),
      make("section", {}, make("h3", {}, "Check it"), ...checksOf(details, id)));
    document.getElementById("whole").hidden = true;
    article.hidden = false;
    title.focus();
    window.scrollTo(0, 0);
    await Promise.all([...drawn, ...times].map((whole) => whole.draw()));
    article.dataset.ready = id;
  }

  function close() {
    document.getElementById("whole").hidden = false;
    document.getElementById("flag").hidden = true;
  }

  function route() {
    const id = location.hash.startsWith("#flag/") ? location.hash.slice(6) : null;
    if (id) { open(id); return; }
    const came = !document.getElementById("flag").hidden;
    close();
    if (came) document.getElementById("flags").scrollIntoView();
  }

  heads();
  choose();
  drawRates();
  route();
  window.addEventListener("hashchange", route);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && !document.getElementById("flag").hidden) location.hash = "flags"; });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { drawRates(); route(); });
  document.documentElement.dataset.ready = "yes";
})();
