-- What Quarto adds to pandoc, as far as our documents use it: conditional content, callouts, numbers of figures, tables,
-- equations and sections, cross-references, sub-figures, accessible tables. What cannot be resolved is reported on the
-- error stream as "@@token<TAB>message": Python finds file and line for it, and nothing is written.

local stringify, nbsp, target = pandoc.utils.stringify, "\u{a0}", FORMAT:gsub("%d", "")
local meta, labels, counts = nil, {}, { fig = 0, tbl = 0, eq = 0 }
local names = { fig = "crossref-fig-title", tbl = "crossref-tbl-title", sec = "crossref-sec-prefix", eq = "crossref-eq-prefix" }
local tones = { note = "#12436d", tip = "#12436d", important = "#801650", warning = "#801650", caution = "#801650" }

local function problem(token, message) io.stderr:write("@@", token, "\t", message, "\n") end
local function word(key) return stringify(meta.language[key]) end -- in the language of the page
local function raw(text) return pandoc.RawBlock(target, text) end
local function quoted(text) return '"' .. text:gsub('[\\"]', "\\%0") .. '"' end

-- ::: {.content-visible when-format="html"} and its three sisters; nil for anything else.
local function conditional(el)
  local visible, hidden = el.classes:includes("content-visible"), el.classes:includes("content-hidden")
  local when, unless = el.attributes["when-format"], el.attributes["unless-format"]
  if not (visible or hidden) then return nil end
  return (((when or unless) == target) == (when ~= nil)) == visible and el.content or {}
end

local function callout(el, kind)
  local title = el.attributes.title and pandoc.read(el.attributes.title, "markdown").blocks[1].content
  if not title and el.content[1] and el.content[1].t == "Header" then title = el.content:remove(1).content end
  title = pandoc.Plain(title or word("callout-" .. kind .. "-title"))
  if target == "typst" then
    local start = { raw('#callout(icon_color: rgb("' .. tones[kind] .. '"), title: ['), title, raw("], body: [") }
    return pandoc.Blocks(start) .. el.content .. { raw("])") }
  elseif target == "docx" then
    local style = tones[kind] == tones.note and "Callout" or "Callout Warning"
    return { pandoc.Div(title, { ["custom-style"] = style .. " Title" }), pandoc.Div(el.content, { ["custom-style"] = style }) }
  end
  local fold, body = el.attributes.collapse, pandoc.Div(el.content, { class = "callout-body" })
  local outer, inner = fold and "details" or "div", fold and "summary" or "div"
  local start = '<%s class="callout callout-%s"%s><%s class="callout-title">'
  start = raw(start:format(outer, kind, fold == "false" and " open" or fold and "" or ' role="note"', inner))
  return { start, title, raw("</" .. inner .. ">"), body, raw("</" .. outer .. ">") }
end

local function div(el)
  local kind = table.concat(el.classes, " "):match("callout%-(%a+)")
  return kind and callout(el, kind) or conditional(el)
end

-- Numbers, in reading order. Each function takes an element as it is met and returns it with its number.
local function number(kind, id)
  counts[kind] = counts[kind] + 1
  labels[id] = { kind = kind, number = tostring(counts[kind]) }
  return word(names[kind]) .. nbsp .. counts[kind] .. stringify(meta.crossref and meta.crossref["title-delim"] or ":"):gsub("\\", "") .. " "
end

local function caption(long, prefix)
  if #long == 0 then long:insert(pandoc.Plain {}) end
  local typst = pandoc.RawInline("typst", "#caption-label[" .. prefix .. "]")
  long[1].content:insert(1, target == "typst" and typst or pandoc.Span(prefix, { class = "caption-label" }))
end

local function figure(el)
  local kind = el.identifier:match("^(%a+)%-")
  if counts[kind] then caption(el.caption.long, number(kind, el.identifier)) end
  return el
end

local function fit_table(el)
  local widths = pandoc.List {} -- without widths of its own, natural ones, however long the source lines are
  for width in (el.attributes["tbl-colwidths"] or ""):gmatch("[%d.]+") do widths:insert(width / 100) end
  for i, spec in ipairs(el.colspecs) do el.colspecs[i] = { spec[1], widths[i] } end
  el.attributes["tbl-colwidths"] = nil
  figure(el)
  if target ~= "html" then return el, false end
  el.head.rows:map(function(row) row.cells:map(function(cell) cell.attributes.scope = "col" end) end)
  for _, body in ipairs(el.bodies) do
    body.row_head_columns = 1
    body.body:map(function(row) row.cells[1].attributes.scope = "row" end)
  end
  local name = stringify(#el.caption.long > 0 and el.caption.long or el.head.rows)
  el.caption.long:map(function(part) part.content = { pandoc.Span(part.content, { class = "caption-text" }) } end)
  return pandoc.Div(el, pandoc.Attr("", { "table-scroll" }, { { "role", "region" }, { "tabindex", "0" }, { "aria-label", name } })), false
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
    inner = { pandoc.Div(inner, pandoc.Attr("", { "layout" }, { { "style", "--columns: " .. columns } })) }
  elseif target == "typst" then
    inner = pandoc.Blocks { raw("#grid(columns: (1fr,) * " .. columns .. ", gutter: 1em, [") }
    for i, part in ipairs(el.content) do inner:extend { part, raw(i < #el.content and "], [" or "])") } end
  end
  return pandoc.Figure(inner, { long = long }, { id = el.identifier }), false
end

-- A tagged PDF needs words for each formula: its TeX source, as screen readers of mathematics expect.
local function formula(el, id)
  local body = pandoc.write(pandoc.Pandoc(pandoc.Plain(el)), "typst"):gsub("%s+$", "")
  local options = ("block: %s, alt: %s, "):format(el.mathtype == "DisplayMath", quoted(el.text:match("^%s*(.-)%s*$")))
  local numbering, label = id and 'numbering: "(1)", ' or "", id and " <" .. id .. ">" or ""
  return pandoc.RawInline("typst", "#math.equation(" .. options .. numbering .. body .. ".body)" .. label)
end

local function equation(el)
  for i, math in ipairs(el.content) do
    local at = el.content[i + 1] and el.content[i + 1].t == "Space" and i + 2 or i + 1
    local id = math.t == "Math" and el.content[at] and (el.content[at].text or ""):match("^{#(eq%-[%w_-]+)}$")
    if id then
      number("eq", id)
      for _ = i + 1, at do el.content:remove(i + 1) end
      local shown = { math, pandoc.Span("(" .. counts.eq .. ")", { class = "equation-number" }) }
      el.content[i] = target == "typst" and formula(math, id) or pandoc.Span(shown, { id = id, class = "equation" })
    end
  end
  return el
end

-- The title is the first heading of a web page; on paper, sections are the first level.
local function number_all(doc)
  local top, levels = 6, { 0, 0, 0, 0, 0, 0 }
  doc:walk { Header = function(el) top = math.min(top, el.level) end }
  local function header(el)
    local level = el.level - top + 1
    el.level = target == "html" and level + 1 or level
    if not meta["number-sections"] or el.classes:includes("unnumbered") then return el end
    for below = level + 1, 6 do levels[below] = 0 end
    levels[level] = levels[level] + 1
    local shown = table.concat(levels, ".", 1, level)
    labels[el.identifier] = { kind = "sec", number = shown }
    local span = pandoc.Span({ shown, pandoc.Space() }, { class = "header-section-number" })
    if target ~= "typst" then el.content:insert(1, span) end
    return el
  end
  return doc:walk { traverse = "topdown", Header = header, Figure = figure, Table = fit_table, Para = equation, Div = layout }
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
  if not pcall(io.lines, el.src) then problem(el.src:gsub("%.%w+$", ""), "the image `" .. el.src .. "` does not exist") end
  local alt, width = el.attributes["fig-alt"] or stringify(el.caption), el.attributes.width
  el.caption, el.attributes["fig-alt"] = pandoc.Inlines(alt), nil
  if target ~= "typst" then return el end
  local path = quoted(stringify(meta.folder) .. el.src)
  return pandoc.RawInline("typst", ("#image(%s, alt: %s%s)"):format(path, quoted(alt), width and ", width: " .. width or ""))
end

return {
  { Meta = function(given) meta = given end },
  { Div = div, Span = conditional },
  { Pandoc = number_all },
  { Cite = reference },
  { Image = image, Math = target == "typst" and function(el) return formula(el) end or nil },
}
