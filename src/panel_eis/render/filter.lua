-- What Quarto adds to pandoc, as far as our documents use it: conditional content, callouts, numbers of figures, tables,
-- equations and sections, cross-references, sub-figures, accessible tables. What is not known is reported on the error
-- stream as "@@token<TAB>message"; Python finds file and line for it, and nothing is written.

local stringify, nbsp, target = pandoc.utils.stringify, "\u{a0}", FORMAT:gsub("%d", "")
local meta, labels, counts = nil, {}, { fig = 0, tbl = 0, eq = 0 }
local names = { fig = "crossref-fig-title", tbl = "crossref-tbl-title", sec = "crossref-sec-prefix", eq = "crossref-eq-prefix" }
local tones = { note = "#12436d", tip = "#12436d", important = "#801650", warning = "#801650", caution = "#801650" }

local function problem(token, message) io.stderr:write("@@", token, "\t", message, "\n") end
local function word(key) return stringify(meta.language[key]) end
local function raw(text) return pandoc.RawBlock(target, text) end
local function quoted(text) return '"' .. text:gsub('[\\"]', "\\%0") .. '"' end

-- Handlers take away the attributes that they use; what Quarto would use and is still there is refused.
local refused = { "^layout", "^fig%-", "^tbl%-", "^code%-", "^filename$", "^shortcodes$", "^lightbox$", "^when%-", "^unless%-",
  "^%.panel%-", "^%.column%-", "^%.callout", "^%.content%-", "^%.aside$", "^%.landscape$" }
local function check(el)
  local found = el.classes:map(function(class) return "." .. class end)
  for key in pairs(el.attributes) do found:insert(key) end
  for _, name in ipairs(found) do
    for _, pattern in ipairs(refused) do
      if name:match(pattern) then problem(name, "`" .. name .. "` is not supported here") end
    end
  end
end

-- ::: {.content-visible when-format="html"} and its three sisters; nil for anything else.
local function conditional(el)
  local visible, hidden = el.classes:includes("content-visible"), el.classes:includes("content-hidden")
  local when, unless = el.attributes["when-format"], el.attributes["unless-format"]
  if not (visible or hidden) or not ("html typst docx"):find(when or unless or "?", 1, true) then return nil end
  local matches = (when or unless) == target
  return (matches == (when ~= nil)) == visible and el.content or {}
end

local function callout(el, kind)
  local title = el.attributes.title and pandoc.read(el.attributes.title, "markdown").blocks[1].content
  if not title and el.content[1] and el.content[1].t == "Header" then title = el.content:remove(1).content end
  title = pandoc.Plain(title or word("callout-" .. kind .. "-title"))
  if target == "typst" then
    local start = raw('#callout(icon_color: rgb("' .. tones[kind] .. '"), title: [')
    return pandoc.Blocks { start, title, raw("], body: [") } .. el.content .. { raw("])") }
  elseif target == "docx" then
    local style = tones[kind] == tones.note and "Callout" or "Callout Warning"
    return { pandoc.Div(title, { ["custom-style"] = style .. " Title" }), pandoc.Div(el.content, { ["custom-style"] = style }) }
  end
  local body, class = pandoc.Div(el.content, { class = "callout-body" }), "callout callout-" .. kind
  if el.attributes.collapse then
    local start = ('<details class="%s"%s>'):format(class, el.attributes.collapse == "false" and " open" or "")
    return { raw(start .. '<summary class="callout-title">'), title, raw("</summary>"), body, raw("</details>") }
  end
  return pandoc.Div({ pandoc.Div(title, { class = "callout-title" }), body }, { class = class, role = "note" })
end

local function div(el)
  for kind in pairs(tones) do
    if el.classes:includes("callout-" .. kind) then return callout(el, kind) end
  end
  return conditional(el)
end

-- Numbers, in reading order. Each function takes an element as it is met and returns it with its number.
local function number(kind, id)
  counts[kind] = counts[kind] + 1
  labels[id] = { kind = kind, number = tostring(counts[kind]) }
  return word(names[kind]) .. nbsp .. counts[kind] .. stringify(meta.crossref and meta.crossref["title-delim"] or ":") .. " "
end

local function caption(long, prefix)
  if #long == 0 then long:insert(pandoc.Plain {}) end
  local typst = pandoc.RawInline("typst", "#caption-label[" .. prefix .. "]")
  long[1].content:insert(1, target == "typst" and typst or pandoc.Span(prefix, { class = "caption-label" }))
end

local function figure(el)
  el:walk { Image = function(image)
    if not image.attributes["fig-alt"] then problem(image.src:gsub("%.%w+$", ""), "the figure has no fig-alt") end
  end }
  if el.identifier:match("^fig%-") then caption(el.caption.long, number("fig", el.identifier)) end
  return el, false
end

local function fit_table(el)
  if el.identifier:match("^tbl%-") then caption(el.caption.long, number("tbl", el.identifier)) end
  -- Without widths of its own a table takes its natural ones, however long its source lines are.
  local widths = (el.attributes["tbl-colwidths"] or ""):gmatch("[%d.]+")
  el.colspecs = el.colspecs:map(function(spec) return { spec[1], (tonumber(widths()) or 0) / 100 } end)
  el.attributes["tbl-colwidths"] = nil
  if target ~= "html" then return el, false end
  el.head.rows:map(function(row) row.cells:map(function(cell) cell.attributes.scope = "col" end) end)
  for _, body in ipairs(el.bodies) do
    body.row_head_columns = 1
    body.body:map(function(row) row.cells[1].attributes.scope = "row" end)
  end
  local name = stringify(#el.caption.long > 0 and el.caption.long or el.head.rows)
  el.caption.long:map(function(part) part.content = { pandoc.Span(part.content, { class = "caption-text" }) } end)
  return pandoc.Div(el, { class = "table-scroll", role = "region", tabindex = "0", ["aria-label"] = name }), false
end

-- ::: {#fig-x layout-ncol=2}: lettered sub-figures side by side; the last paragraph is the caption of the whole.
local function layout(el)
  if not el.identifier:match("^fig%-") then return nil end
  local columns, long, inner = el.attributes["layout-ncol"] or "1", pandoc.Blocks {}, el.content
  if #inner > 1 and inner[#inner].t == "Para" then long:insert(pandoc.Plain(inner:remove().content)) end
  caption(long, number("fig", el.identifier))
  for i, part in ipairs(inner) do
    local letter = "(" .. string.char(96 + i) .. ")"
    labels[part.identifier or ""] = { kind = "fig", number = counts.fig .. nbsp .. letter }
    if part.t == "Figure" then caption(part.caption.long, letter .. " ") end
  end
  if target == "html" then
    inner = { pandoc.Div(inner, { class = "layout", style = "--columns: " .. columns }) }
  elseif target == "typst" then
    inner = pandoc.Blocks { raw("#grid(columns: (1fr,) * " .. columns .. ", gutter: 1em, [") }
    for i, part in ipairs(el.content) do inner:extend { part, raw(i < #el.content and "], [" or "])") } end
  end
  el.attributes["layout-ncol"] = nil
  check(el)
  return pandoc.Figure(inner, { long = long }, { id = el.identifier }), false
end

-- A tagged PDF needs words for each formula: its TeX source, as screen readers of mathematics expect.
local function formula(el, id)
  local body = pandoc.write(pandoc.Pandoc(pandoc.Plain(el)), "typst"):gsub("%s+$", "")
  local options = ("block: %s, alt: %s, "):format(el.mathtype == "DisplayMath", quoted(el.text:match("^%s*(.-)%s*$")))
  local numbered = type(id) == "string"
  return pandoc.RawInline("typst", ("#math.equation(%s%s%s.body)%s"):format(options, numbered and 'numbering: "(1)", ' or "", body, numbered and " <" .. id .. ">" or ""))
end

local function equation(el)
  for i, math in ipairs(el.content) do
    local at = el.content[i + 1] and el.content[i + 1].t == "Space" and i + 2 or i + 1
    local id = math.t == "Math" and el.content[at] and (el.content[at].text or ""):match("^{#(eq%-[%w_-]+)}$")
    if id then
      number("eq", id)
      for _ = i + 1, at do el.content:remove(i + 1) end
      local shown = pandoc.Span({ math, pandoc.Span("(" .. counts.eq .. ")", { class = "equation-number" }) }, { id = id, class = "equation" })
      el.content[i] = target == "typst" and formula(math, id) or shown
    end
  end
  return el
end

local function number_all(doc)
  local top, levels = 6, { 0, 0, 0, 0, 0, 0 }
  doc:walk { Header = function(el) top = math.min(top, el.level) end }
  return doc:walk { traverse = "topdown", Figure = figure, Table = fit_table, Para = equation, Div = layout, Header = function(el)
    if not meta["number-sections"] or el.classes:includes("unnumbered") then return nil end
    for level = el.level + 1, 6 do levels[level] = 0 end
    levels[el.level] = levels[el.level] + 1
    local shown = table.concat(levels, ".", top, el.level)
    labels[el.identifier] = { kind = "sec", number = shown }
    local span = pandoc.Span(shown, { class = "header-section-number" })
    if target ~= "typst" then el.content = pandoc.Inlines { span, pandoc.Space() } .. el.content end
    return el
  end }
end

-- @fig-x, [-@fig-x], [see @fig-x; @tbl-y]; what is no cross-reference is left to citeproc.
local function reference(el)
  local parts = pandoc.Inlines {}
  for i, cite in ipairs(el.citations) do
    local id = cite.id:sub(1, 1):lower() .. cite.id:sub(2)
    local found, kind = labels[id], id:match("^(%a+)%-")
    if found then
      local prefix = #cite.prefix > 0 and cite.prefix or pandoc.Inlines(word(names[found.kind]))
      local text = (cite.mode == "SuppressAuthor" and pandoc.Inlines {} or prefix .. { pandoc.Str(nbsp) }) .. { pandoc.Str(found.number) }
      parts:extend(i > 1 and { pandoc.Str ",", pandoc.Space() } or {})
      parts:extend { pandoc.Link(text, "#" .. id, "", { class = "quarto-xref" }), table.unpack(cite.suffix) }
    elseif names[kind] or #parts > 0 then
      problem("@" .. cite.id, "`@" .. cite.id .. "` points to nothing" .. (kind == "sec" and " (are sections numbered?)" or ""))
    end
  end
  return #parts > 0 and parts or nil
end

local function image(el)
  local file = io.open(el.src)
  if not file then problem(el.src:gsub("%.%w+$", ""), "the image `" .. el.src .. "` does not exist") else file:close() end
  el.caption = pandoc.Inlines(el.attributes["fig-alt"] or stringify(el.caption))
  el.attributes["fig-alt"] = nil
  check(el)
  if target ~= "typst" then return el end
  local width = el.attributes.width and ", width: " .. el.attributes.width or ""
  return pandoc.RawInline("typst", ("#image(%s, alt: %s%s)"):format(quoted(stringify(meta.folder) .. el.src), quoted(stringify(el.caption)), width))
end

return {
  { Meta = function(given) meta = given end },
  { Div = div, Span = conditional },
  { Pandoc = number_all },
  { Cite = reference },
  { Image = image, Math = target == "typst" and formula or nil, Div = check, Span = check, Link = check, Code = check, CodeBlock = check, Header = check, Table = check },
}
