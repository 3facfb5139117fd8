-- What PDF and DOCX show otherwise than the web page, with Quarto and without: notes under exhibits (Lecture / Champ /
-- Source) keep their own look; no figure of a DOCX fills its page, and columns fit; links to other pages of the site have
-- no page to lead to. In French, double punctuation and quotation marks hold to their word: no line begins with a colon.
local french = false

local function Meta(meta) french = meta.lang ~= nil and pandoc.utils.stringify(meta.lang):match("^fr") ~= nil end

local function Inlines(list)
  if not french then return nil end
  for i = 2, #list - 1 do
    local before, after = list[i - 1], list[i + 1]
    if list[i].t == "Space" or list[i].t == "SoftBreak" then
      local holds = after.t == "Str" and (after.text:match("^[:;?!%%]") or after.text:match("^»"))
      local opens = before.t == "Str" and before.text:match("«$")
      if holds or opens then list[i] = pandoc.Str("\u{a0}") end
    end
  end
  return list
end

-- In DOCX nothing else holds a figure to the height of a page that its caption shares.
local function lower(el)
  local file = FORMAT == "docx" and io.open(el.src, "rb")
  if not file then return end
  local size = pandoc.image.size(file:read("a"))
  file:close()
  if size.height / size.dpi_vert > 6 then el.attributes.height = "6in" end
end

-- The words for an image are text too, and an attribute.
local function Image(el)
  lower(el)
  local words = el.attributes["fig-alt"]
  if not french or not words then return el end
  el.attributes["fig-alt"] = words:gsub(" ([:;?!%%])", "\u{a0}%1"):gsub(" »", "\u{a0}»"):gsub("« ", "«\u{a0}")
  return el
end

local function Div(el)
  if not el.classes:includes("exhibit-note") then return nil end
  if FORMAT == "typst" then
    return pandoc.Blocks { pandoc.RawBlock("typst", "#exhibit-note[") } .. el.content .. { pandoc.RawBlock("typst", "]") }
  elseif FORMAT == "docx" then
    return pandoc.Div(el.content, { ["custom-style"] = "Exhibit Note" })
  end
end

-- What Word finds by itself and LibreOffice does not: columns as wide as their longest text, in shares of the page.
local function Table(el)
  if FORMAT ~= "docx" or el.colspecs[1][2] then return nil end
  local letters, all = {}, 0
  local function look(row)
    for i, cell in ipairs(row.cells) do
      letters[i] = math.max(letters[i] or 0, math.min(utf8.len(pandoc.utils.stringify(cell)), 32) + 3)
    end
  end
  el.head.rows:map(look)
  for _, body in ipairs(el.bodies) do body.body:map(look) end
  for _, count in ipairs(letters) do all = all + count end
  for i, spec in ipairs(el.colspecs) do el.colspecs[i] = { spec[1], letters[i] / math.max(all, 105) } end
  return el
end

local function Link(el)
  if FORMAT:match("html") or el.target:match("^#") or el.target:match("^%a+:") then return nil end
  return el.classes:includes("lang-switch") and {} or el.content
end

return { { Meta = Meta }, { Inlines = Inlines, Image = Image, Div = Div, Table = Table, Link = Link } }
