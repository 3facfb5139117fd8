-- Tables of the paper alone, to be taken into other documents: the table, its caption, its notes.
-- The source is the fragment that the page includes; what a page has beside it (image, fold, downloads) is dropped, and
-- no number stands before the caption, since the document it goes to numbers its own. Of several tables the first is kept.
-- Run by `pandoc lua`, not as a filter: one process makes many pieces. Standard input is JSON, a list of what __init__.py
-- asks for: source, writer, lang, reference, standalone, to (the file to write).

-- What pdfLaTeX has in none of its text fonts; LuaLaTeX and XeLaTeX print the same.
local symbols = {
  ["−"] = "-", ["×"] = "\\times", ["≠"] = "\\neq", ["≈"] = "\\approx", ["≤"] = "\\leq", ["≥"] = "\\geq", ["→"] = "\\to",
  ["↔"] = "\\leftrightarrow", ["∞"] = "\\infty", ["√"] = "\\surd", ["▼"] = "\\bigtriangledown", ["▲"] = "\\bigtriangleup",
  ["●"] = "\\bullet", ["○"] = "\\circ", ["Δ"] = "\\Delta", ["α"] = "\\alpha", ["β"] = "\\beta", ["δ"] = "\\delta",
  ["κ"] = "\\kappa", ["λ"] = "\\lambda", ["ρ"] = "\\rho", ["σ"] = "\\sigma", ["χ"] = "\\chi", ["ω"] = "\\omega",
}
for letter, command in pairs(symbols) do symbols[letter] = "\\ensuremath{" .. command .. "}" end
local at = { ["@"] = "\\@" } -- of which pandoc leaves some as they are, and then reads a citation

local kept, target = false, ""

local function shown(el)
  if kept then return {}, false end
  kept = true
  if target ~= "latex" and target ~= "docx" then -- paper has a width, which shares of it keep
    for _, spec in ipairs(el.colspecs) do spec[2] = nil end
  end
  el.head.rows:map(function(row) row.cells:map(function(cell) cell.attributes = target == "html" and { scope = "col" } or {} end) end)
  for _, body in ipairs(el.bodies) do
    body.row_head_columns = 1
    if target == "html" then body.body:map(function(row) row.cells[1].attributes.scope = "row" end) end
  end
  return el, false
end

local function letters(el)
  local instead = target == "latex" and symbols or target == "markdown" and at or nil
  if not instead then return nil end
  local parts, plain = pandoc.Inlines {}, ""
  for _, code in utf8.codes(el.text) do
    local letter = utf8.char(code)
    if instead[letter] then
      parts:extend { pandoc.Str(plain), pandoc.RawInline(target, instead[letter]) }
      plain = ""
    else
      plain = plain .. letter
    end
  end
  parts:insert(pandoc.Str(plain))
  return #parts > 1 and parts or nil
end

-- Typst finds a list or a title at the start of a cell, and pandoc leaves the sign as it is.
local function first(el)
  local start = el.content[1]
  if target ~= "typst" or not start or start.t ~= "Str" then return nil end
  local number = start.text:match("^(%d+)%.$")
  if number or start.text:match("^=+$") or start.text:match("^[-+/]$") then
    el.content[1] = pandoc.RawInline("typst", number and number .. "\\." or (start.text:gsub(".", "\\%0")))
  end
  return el
end

local function note(el)
  if not el.classes:includes("exhibit-note") then return nil end
  if target == "latex" then
    return { pandoc.RawBlock("latex", "\\begingroup\\footnotesize\\noindent"), el.content[1], pandoc.RawBlock("latex", "\\par\\endgroup") }, false
  elseif target == "typst" then
    return { pandoc.RawBlock("typst", "#block(width: 100%)[#set text(size: 0.85em)"), el.content[1], pandoc.RawBlock("typst", "]") }, false
  elseif target == "markdown" then
    return el.content, false
  end
  return el, false
end

local function make(asked)
  kept, target = false, asked.writer:match("^%a+")
  local drop = function() return {}, false end
  local doc = pandoc.read(asked.source, "markdown")
  doc = doc:walk { traverse = "topdown", Table = shown, Div = note, Figure = drop, RawBlock = drop }
  doc = doc:walk { Str = letters, Plain = first, Para = first }
  doc.meta.lang = asked.lang
  local options = { wrap_text = "none", reference_doc = asked.reference }
  if asked.standalone then
    options.template = pandoc.template.compile(pandoc.template.default(target .. (target == "html" and "5" or "")))
    options.variables = { pagetitle = "panel_eis", geometry = "margin=2cm" }
  end
  local file = assert(io.open(asked.to, "wb"))
  file:write(pandoc.write(doc, asked.writer, options), asked.writer:match("^docx") and "" or "\n")
  file:close()
end

for _, asked in ipairs(pandoc.json.decode(io.read("a"), false)) do make(asked) end
