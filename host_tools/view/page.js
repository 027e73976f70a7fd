"use strict";
// Asks host_tools view for news and shows them. What comes from the board is put in as text alone.

const COLOURS = ["#39d353", "#ff9f1c", "#4cc9f0", "#f72585", "#ffd60a", "#b388ff", "#2ec4b6", "#ff6b6b"];
const $ = (id) => document.getElementById(id);

let shown = null; // the frame on the page, and its number
let shownNumber = 0;
let paused = false;
let marked = {}; // colours by name
let asking = {}; // settings that were changed here, until the board has them

const colour = (name) => (marked[name] ??= COLOURS[Object.keys(marked).length % COLOURS.length]);

async function post(what, body) {
  try {
    await fetch(what, { method: "POST", body: JSON.stringify(body) });
  } catch {
    gone();
  }
}

function gone() {
  $("status").textContent = "host_tools view has ended";
  $("dot").className = "gone";
}

// --- the picture ---

async function show(frame, number) {
  const image = new Image();
  image.src = `data:image/${frame.kind};base64,${frame.picture}`;
  try {
    await image.decode();
  } catch {
    return; // a JPEG that is none
  }
  if (paused) return;
  shown = frame;
  shownNumber = number;
  const canvas = $("frame");
  canvas.width = frame.width;
  canvas.height = frame.height;
  canvas.getContext("2d").drawImage(image, 0, 0);
  $("stage").classList.remove("empty");
  $("save").disabled = false;
  const boxes = frame.boxes.map((box) => [box[5], box[4]]);
  rows($("labels"), [...frame.labels, ...boxes].map(([name, score]) => [[name, score.toFixed(2)], score]));
  $("about").textContent = `${frame.width} × ${frame.height}` + (frame.model && `, ${frame.model}`);
  settings(frame.settings);
  mark();
}

function mark() {
  const canvas = $("marks");
  canvas.width = Math.round(canvas.clientWidth * devicePixelRatio);
  canvas.height = Math.round(canvas.clientHeight * devicePixelRatio);
  if (!shown || !$("showMarks").checked) return;
  const pen = canvas.getContext("2d");
  const scale = canvas.width / shown.width;
  const size = 14 * devicePixelRatio;
  pen.font = `${size}px Helvetica, Arial, sans-serif`;
  pen.textBaseline = "top";
  pen.lineWidth = 3 * devicePixelRatio;
  for (const [x, y, width, height, score, name] of shown.boxes) {
    pen.strokeStyle = pen.fillStyle = colour(name);
    pen.strokeRect(x * scale, y * scale, width * scale, height * scale);
    const words = `${name} ${score.toFixed(2)}`;
    const wide = pen.measureText(words).width + size * 0.6;
    const top = y * scale < size * 1.4 ? y * scale : y * scale - size * 1.3;
    const left = Math.max(0, Math.min(x * scale, canvas.width - wide));
    pen.fillRect(left, top, wide, size * 1.3);
    pen.fillStyle = "#000";
    pen.fillText(words, left + size * 0.3, top + size * 0.2);
  }
}

// Each row is its cells, numbers behind names, a share of 0 to 1, and perhaps more about it.
function rows(table, all) {
  table.replaceChildren(
    ...all.map(([cells, share, more]) => {
      const row = document.createElement("tr");
      row.style.setProperty("--share", `${100 * Math.max(0, Math.min(1, share))}%`);
      row.title = more ?? "";
      cells.forEach((text, i) => {
        const cell = document.createElement("td");
        cell.textContent = text;
        if (i) cell.className = "number";
        row.append(cell);
      });
      return row;
    }),
  );
}

// --- settings ---

function settings(values) {
  const names = Object.keys(values);
  $("set").hidden = !names.length;
  const there = [...$("settings").children].map((line) => line.dataset.name);
  if (there.join() !== names.join()) {
    $("settings").replaceChildren(...names.map((name) => setting(name, values[name])));
  }
  for (const line of $("settings").children) {
    const name = line.dataset.name;
    const value = values[name];
    if (asking[name] === value) delete asking[name];
    const waits = name in asking;
    line.classList.toggle("asked", waits);
    const [input, told] = [line.querySelector("input"), line.querySelector("output")];
    told.textContent = typeof value === "boolean" ? (value ? "on" : "off") : +value.toFixed(4);
    if (waits || input === document.activeElement) continue;
    if (input.type === "checkbox") input.checked = value;
    else input.value = value;
  }
}

function setting(name, value) {
  const line = document.createElement("label");
  line.className = "setting";
  line.dataset.name = name;
  const words = document.createElement("span");
  words.textContent = name;
  const input = document.createElement("input");
  input.name = name;
  if (typeof value === "boolean") {
    input.type = "checkbox";
  } else if (value >= 0 && value <= 1) {
    Object.assign(input, { type: "range", min: 0, max: 1, step: 0.01 });
  } else {
    Object.assign(input, { type: "number", step: "any" });
  }
  input.addEventListener("input", () => {
    const given = input.type === "checkbox" ? input.checked : input.valueAsNumber;
    if (Number.isNaN(given)) return;
    asking[name] = given;
    ask({ [name]: given });
  });
  line.append(words, input, document.createElement("output"));
  return line;
}

const ask = (changed) => post("ask", { settings: changed, measure: $("measure").checked });

// --- the rest ---

function rest(news) {
  $("status").textContent = news.status;
  $("dot").className = news.running ? "running" : "";
  const rates = [];
  if (news.rate !== null) rates.push(`${news.rate.toFixed(1)} frames/s`);
  if (shown && shown.ms > 0) {
    rates.push(`the script alone: ${shown.ms} ms (${(1000 / shown.ms).toFixed(1)} frames/s)`);
  }
  if (news.damaged) rates.push(`${news.damaged} damaged`);
  $("rates").textContent = rates.join(" · ");
  const record = news.recording;
  $("record").disabled = !record;
  $("record").classList.toggle("on", Boolean(record && record.on));
  $("record").title = record ? "" : "start host_tools view with --record FOLDER";
  $("recorded").textContent = record ? record.trouble || `${record.kept} in ${record.folder}` : "";
  operators(news.operators);
  const text = $("text");
  if (text.textContent !== news.text) {
    const atEnd = text.scrollTop + text.clientHeight >= text.scrollHeight - 4;
    text.textContent = news.text;
    if (atEnd) text.scrollTop = text.scrollHeight;
  }
}

function operators(told) {
  const note = $("operatorsNote");
  if (!Array.isArray(told)) {
    note.textContent = told ?? ($("measure").checked ? "waiting for a model: show(..., model=model)" : "");
    rows($("operators"), []);
    return;
  }
  const total = told.reduce((sum, row) => sum + row[2], 0);
  note.textContent = `${(total / 1000).toFixed(1)} ms in all`;
  rows(
    $("operators"),
    told.map(([name, kernel, us]) => [[name, `${(us / 1000).toFixed(2)} ms`], us / total, kernel]),
  );
}

$("pause").onclick = () => {
  paused = !paused;
  $("pause").textContent = paused ? "Go on" : "Pause";
  $("pause").classList.toggle("on", paused);
};
$("save").onclick = () => {
  const link = document.createElement("a");
  link.href = `data:image/${shown.kind};base64,${shown.picture}`;
  link.download = `frame_${shownNumber}.${shown.kind === "jpeg" ? "jpg" : "png"}`;
  link.click();
};
$("record").onclick = () => post("record", !$("record").classList.contains("on"));
$("measure").onchange = () => ask({});
$("showMarks").onchange = mark;
addEventListener("resize", mark);

(async () => {
  let known = 0;
  let frame = 0;
  for (let first = true; ; first = false) {
    try {
      const news = await (await fetch(`news?known=${known}&frame=${frame}`)).json();
      if (first) $("measure").checked = news.measure;
      known = news.number;
      frame = news.frameNumber;
      if (news.frame && !paused) await show(news.frame, frame);
      rest(news);
    } catch {
      gone();
      await new Promise((later) => setTimeout(later, 1000));
    }
  }
})();
