/* What pages do beyond being read: find as one types, move within a graph, tell of changes. Without it all is there. */
"use strict";

document.documentElement.classList.add("scripted");

/* Finding as one types: the same address is fetched, and its results take the place of those shown. */

const PAUSE = 140;

function findingAsOneTypes(form) {
  const told = document.querySelector("[data-told]");
  let waiting = 0, asked = null;

  async function find() {
    const given = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
    const address = given.size ? `/?${given}` : "/";
    asked?.abort();
    asked = new AbortController();
    const results = document.querySelector("[data-results]");
    results.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(address, { signal: asked.signal });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("[data-results]");
      if (!fresh) return location.assign(address);
      document.querySelector("[data-results]").replaceWith(fresh);
      document.title = page.title;
      history.replaceState(null, "", address);
      form.q.toggleAttribute("aria-invalid", Boolean(fresh.querySelector(".fault")));
      told.textContent = fresh.querySelector(".fault strong, .count")?.textContent ?? "";
    } catch (fault) {
      if (fault.name !== "AbortError") results.removeAttribute("aria-busy");
    }
  }

  form.q.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(find, PAUSE);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(waiting);
    find();
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
  });
}

/* A graph: zoom and pan change its viewBox; a node under the pointer or in focus stands out with its neighbours. */

const STEP = 1.3, MOST = 12;

class Graph {
  constructor(figure) {
    this.svg = figure.querySelector("svg");
    const { x, y, width, height } = this.svg.viewBox.baseVal;
    this.whole = { x, y, width, height };
    this.seen = { ...this.whole };
    this.figure = figure;
    this.told = figure.querySelector(".graph-told");
    this.unasked = this.told.textContent;
    this.addButtons();
    this.listen();
  }

  addButtons() {
    const bar = this.figure.querySelector(".graph-bar");
    const buttons = [["Zoom in", "+", () => this.zoom(STEP)], ["Zoom out", "−", () => this.zoom(1 / STEP)],
      ["Fit the whole graph", "Fit", () => this.fit()]];
    for (const [label, text, act] of buttons) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = text;
      button.setAttribute("aria-label", label);
      button.addEventListener("click", act);
      bar.append(button);
    }
  }

  listen() {
    const { svg, figure } = this;
    figure.addEventListener("keydown", (event) => this.key(event));
    svg.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      this.zoom(event.deltaY < 0 ? STEP : 1 / STEP, this.place(event));
    }, { passive: false });
    svg.addEventListener("dblclick", (event) => this.zoom(STEP * STEP, this.place(event)));
    svg.addEventListener("pointerdown", (event) => this.drag(event));
    for (const kind of ["pointerover", "focusin"]) svg.addEventListener(kind, (event) => this.light(event.target));
    for (const kind of ["pointerleave", "focusout"]) svg.addEventListener(kind, () => this.light(null));
  }

  place(event) {
    const point = new DOMPoint(event.clientX, event.clientY);
    return point.matrixTransform(this.svg.getScreenCTM().inverse());
  }

  show(seen) {
    this.seen = { ...seen };
    this.svg.setAttribute("viewBox", `${seen.x} ${seen.y} ${seen.width} ${seen.height}`);
    this.svg.classList.toggle("zoomed", seen.width < this.whole.width);
  }

  fit() {
    this.figure.classList.add("fitted");
    this.show(this.whole);
  }

  zoom(by, at) {
    const { x, y, width, height } = this.seen;
    const near = Math.min(MOST, Math.max(1, (this.whole.width / width) * by));
    if (near === 1) return this.show(this.whole);
    const shrunk = this.whole.width / near / width;
    const middle = at ?? { x: x + width / 2, y: y + height / 2 };
    this.show({
      x: middle.x - (middle.x - x) * shrunk, y: middle.y - (middle.y - y) * shrunk,
      width: width * shrunk, height: height * shrunk,
    });
  }

  move(right, down) {
    this.show({ ...this.seen, x: this.seen.x + right * this.seen.width, y: this.seen.y + down * this.seen.height });
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const acts = {
      "+": () => this.zoom(STEP), "=": () => this.zoom(STEP), "-": () => this.zoom(1 / STEP), 0: () => this.fit(),
      ArrowLeft: () => this.move(-0.1, 0), ArrowRight: () => this.move(0.1, 0),
      ArrowUp: () => this.move(0, -0.1), ArrowDown: () => this.move(0, 0.1),
    };
    if (!acts[event.key]) return;
    event.preventDefault();
    acts[event.key]();
  }

  drag(event) {
    if (event.pointerType === "touch" && !this.svg.classList.contains("zoomed")) return;
    const { svg } = this, field = svg.parentElement, held = this.place(event);
    const follow = (moved) => {
      if (!svg.classList.contains("zoomed")) return field.scrollBy(-moved.movementX, -moved.movementY);
      const now = this.place(moved);
      this.show({ ...this.seen, x: this.seen.x + held.x - now.x, y: this.seen.y + held.y - now.y });
    };
    const release = () => {
      svg.removeEventListener("pointermove", follow);
      svg.classList.remove("held");
    };
    svg.setPointerCapture(event.pointerId);
    svg.classList.add("held");
    svg.addEventListener("pointermove", follow);
    for (const kind of ["pointerup", "pointercancel"]) svg.addEventListener(kind, release, { once: true });
  }

  light(target) {
    const node = target?.closest?.(".node");
    const lit = node?.dataset.name;
    if (lit === this.lit) return;
    this.lit = lit;
    this.svg.classList.toggle("lit", Boolean(node));
    this.svg.querySelectorAll(".near").forEach((each) => each.classList.remove("near"));
    this.told.textContent = node ? titleOf(node) : this.unasked;
    if (!node) return;
    const names = new Set([lit]);
    for (const edge of this.svg.querySelectorAll(".edge")) {
      const ends = [...namesOf(edge, "source"), ...namesOf(edge, "target")];
      if (!ends.includes(lit)) continue;
      edge.classList.add("near");
      ends.forEach((end) => names.add(end));
    }
    for (const each of this.svg.querySelectorAll(".node")) each.classList.toggle("near", names.has(each.dataset.name));
  }
}

function namesOf(edge, side) {
  return (edge.dataset[side] ?? "").split(" ").filter(Boolean);
}

function titleOf(node) {
  return node.querySelector("title")?.textContent.replace(/\s*\n\s*/g, " · ") ?? node.dataset.name;
}

/* What happened since: the list of changes is asked for again, and answered with 304 while nothing did. */

const LOOK = 2000, LONGEST = 60000;

function followingChanges(place) {
  const most = Number(place.dataset.most ?? 50);
  let delay = LOOK, mark = null;

  async function look() {
    if (document.hidden) return again(LOOK);
    try {
      const answer = await fetch(place.dataset.live, { cache: "no-cache" });
      if (!answer.ok) throw new Error(answer.statusText);
      const seen = answer.headers.get("etag");
      if (mark !== null && seen !== mark) show(new DOMParser().parseFromString(await answer.text(), "text/html"));
      mark = seen;
      again(LOOK);
    } catch {
      again(Math.min(delay * 2, LONGEST));
    }
  }

  function show(page) {
    const known = new Set([...place.querySelectorAll(".events > li")].map((item) => item.textContent));
    const list = page.querySelector("[data-changes] .events");
    if (!list) return;
    [...list.children].forEach((item, number) => {
      if (number >= most) item.remove();
      else item.classList.toggle("new", !known.has(item.textContent));
    });
    place.replaceChildren(list);
  }

  function again(next) {
    delay = next;
    setTimeout(look, delay);
  }

  again(0);
}

const search = document.querySelector("[data-search]");
if (search) findingAsOneTypes(search);
for (const figure of document.querySelectorAll("[data-graph]")) new Graph(figure);
for (const place of document.querySelectorAll("[data-live]")) followingChanges(place);
