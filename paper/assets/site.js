// Search over all pages of one language, by MiniSearch, from a folder as well as from a server; the same in our own renderer
// and in Quarto's. Without a script there is no field, and the navigation does its work alone.
(function () {
  "use strict";
  const base = document.currentScript.src.replace(/[^/]*$/, "");
  const lang = document.documentElement.lang.slice(0, 2) === "fr" ? "fr" : "en";
  const words = {
    fr: {
      label: "Rechercher dans toutes les pages", short: "Rechercher", list: "Résultats", none: "Aucun résultat", one: "1 résultat",
      many: "{n} résultats", first: "{n} résultats, les {m} premiers sont montrés", absent: "La recherche n’est pas disponible",
    },
    en: {
      label: "Search all pages", short: "Search", list: "Results", none: "No result", one: "1 result",
      many: "{n} results", first: "{n} results, the first {m} are shown", absent: "Search is not available",
    },
  }[lang];
  const MOST = 12;
  const fold = (text) => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/œ/gi, "oe").toLowerCase();
  let index, documents;

  // The index comes when the field is first used: a reader who does not search loads nothing.
  const ready = () => ready.promise || (ready.promise = new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = base + "search-" + lang + ".js";
    script.onerror = reject;
    script.onload = () => {
      documents = window.panelPages.map(([url, page, heading, text], id) => ({ id, url, page, heading, text }));
      index = new window.MiniSearch({
        fields: ["heading", "page", "text"],
        processTerm: fold,
        searchOptions: {
          boost: { heading: 4, page: 2 }, prefix: (term) => term.length > 1, fuzzy: (term) => (term.length > 5 ? 0.2 : false),
        },
      });
      index.addAll(documents);
      resolve();
    };
    document.head.append(script);
  }));

  function element(tag, attributes, ...content) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...content);
    return made;
  }

  // Some words around the first one that was found.
  function around(text, terms) {
    const folded = [...text].map(fold).map((letter) => letter[0] || "").join("");
    const at = Math.max(0, Math.min(...terms.map((term) => folded.indexOf(term)).filter((place) => place >= 0), Infinity));
    const start = Number.isFinite(at) ? Math.max(0, text.lastIndexOf(" ", Math.max(0, at - 50)) + 1) : 0;
    const end = text.indexOf(" ", start + 140);
    return (start ? "… " : "") + text.slice(start, end < 0 ? undefined : end) + (end < 0 ? "" : " …");
  }

  function start() {
    for (const link of document.querySelectorAll(".sidebar-link.active")) { // Quarto; the page of a variable is part of another
      link.setAttribute("aria-current", link.pathname === location.pathname ? "page" : "true");
    }
    const bar = document.querySelector(".site-bar, #quarto-header nav .navbar-container, #quarto-header nav > div");
    if (!bar || !document.querySelector("#sidebar, #quarto-sidebar, .lang-switch") || !window.MiniSearch) return;
    const field = element("input", { id: "site-search-words", type: "search", autocomplete: "off", placeholder: words.short });
    const label = element("label", { for: field.id, class: "visually-hidden" }, words.label);
    const said = element("p", { class: "site-search-said", role: "status" });
    const list = element("ul", { "aria-label": words.list });
    const panel = element("div", { class: "site-search-found", hidden: "" }, said, list);
    const form = element("form", { class: "site-search", role: "search", "aria-label": words.label }, label, field, panel);
    bar.append(form);

    function show() {
      const asked = field.value.trim();
      panel.hidden = !asked;
      if (!asked) return;
      let found = index.search(asked, { combineWith: "AND" });
      if (!found.length) found = index.search(asked);
      list.replaceChildren(...found.slice(0, MOST).map(({ id, terms }) => {
        const { url, page, heading, text } = documents[id];
        const link = element("a", { href: new URL("../../" + url, base).href }, element("strong", {}, heading || page));
        if (heading) link.append(element("span", {}, page));
        link.append(element("small", {}, around(text, terms)));
        return element("li", {}, link);
      }));
      const shape = [words.none, words.one][found.length] || (found.length > MOST ? words.first : words.many);
      said.textContent = shape.replace("{n}", found.length).replace("{m}", MOST);
    }

    let waiting;
    const ask = () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => ready().then(show, () => { panel.hidden = false; said.textContent = words.absent; }), 80);
    };
    field.addEventListener("focus", () => { ready().catch(() => {}); if (field.value.trim()) ask(); });
    field.addEventListener("input", ask);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const first = list.querySelector("a");
      if (first) first.focus();
    });
    form.addEventListener("keydown", (event) => {
      const stops = [field, ...list.querySelectorAll("a")];
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step) {
        event.preventDefault();
        const next = stops[stops.indexOf(document.activeElement) + step];
        if (next) next.focus();
      } else if (event.key === "Escape") {
        panel.hidden = true;
        field.focus();
        panel.hidden = true;
      }
    });
    const close = (event) => { if (!form.contains(event.relatedTarget || event.target)) panel.hidden = true; };
    form.addEventListener("focusout", (event) => { if (event.relatedTarget) close(event); });
    document.addEventListener("pointerdown", close);
    list.addEventListener("click", () => { panel.hidden = true; }); // a link within the page
  }

  // Quarto lays no box around a wide table and does not name its bars: what scrolls is reached by keyboard, and has a name.
  function name() {
    for (const box of document.querySelectorAll('div[id^="tbl-"]')) {
      const caption = box.querySelector("caption, figcaption");
      if (caption) Object.assign(box, { tabIndex: 0, role: "group", ariaLabel: caption.textContent.trim() });
    }
    document.querySelector("nav.navbar")?.setAttribute("aria-label", "Panel EIS");
    document.getElementById("quarto-sidebar")?.setAttribute("aria-label", "Pages"); // a word of both languages
  }

  const all = () => { name(); start(); };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", all);
  else all();
})();
